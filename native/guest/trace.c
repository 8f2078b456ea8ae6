/* Tracing every instruction of a counted run by the host. The machine stops, and the host starts or ends the trace
 * before it continues. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/io.h>
#include <termios.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/repeat.h"

#define SYMBOLS "/proc/kallsyms"
#define STOP_PORT 0x505 /* of QEMU's pvpanic: a panic reported here stops the machine at once */
#define ATTEMPTS 9
#define TRACED_MAX 20000000u /* instructions, of about 80 bytes each: a minute */

void guest_show_symbols(void)
{
    FILE *symbols = fopen(SYMBOLS, "r");
    char line[512], address[32], name[256], type;

    while (symbols && fgets(line, sizeof line, symbols))
        if (!strchr(line, '[') && sscanf(line, "%31s %c %255s", address, &type, name) == 3 && strchr("tTwW", type))
            printf("symbol %s %c %s\n", address, type, name);
    if (symbols)
        fclose(symbols);
}

/* Hold the permission only briefly: a process with it executes more instructions when it leaves the kernel. */
static int stop_machine(void)
{
    if (ioperm(STOP_PORT, 1, 1))
        return pk_error(errno, "ioperm");
    outb(1, STOP_PORT);
    return ioperm(STOP_PORT, 1, 0) ? pk_error(errno, "ioperm") : 0;
}

static int trace_once(struct pk_case *opened, uint64_t loops, long microseconds, uint64_t *ticks)
{
    int status;

    printf("trace %llu\n", (unsigned long long)loops);
    tcdrain(STDOUT_FILENO); /* the host must read this before it finds the machine stopped */
    status = stop_machine();
    if (!status)
        status = measure_undisturbed(opened, loops, microseconds, ticks);
    if (!status)
        status = stop_machine();
    return status;
}

static int trace_loops(struct pk_case *opened, uint64_t loops, uint64_t counted)
{
    for (int attempt = 1; attempt <= ATTEMPTS; attempt++) {
        uint64_t ticks;
        int status = trace_once(opened, loops, PAUSE_BEFORE(attempt), &ticks);

        if (status)
            return status;
        printf("traced %llu %llu %llu\n", (unsigned long long)loops, (unsigned long long)ticks,
               (unsigned long long)counted);
        if (ticks == counted)
            return 0;
    }
    return pk_disprove("none of %d traced runs took the %llu instructions that were counted", ATTEMPTS,
                       (unsigned long long)counted);
}

void guest_trace(struct pk_case *opened, uint64_t loops, uint64_t once, uint64_t twice)
{
    uint64_t longest = twice > once ? twice : once;
    int status = 0;

    if (longest > TRACED_MAX)
        status = pk_disprove("%llu instructions are too many to trace: at most %u are", (unsigned long long)longest,
                             TRACED_MAX);
    if (!status)
        status = trace_loops(opened, loops, once);

    if (!status && twice)
        status = trace_loops(opened, 2 * loops, twice);
    if (status)
        printf("untraced %s\n", pk_reason());
}
