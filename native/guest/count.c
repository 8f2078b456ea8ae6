/* Count the instructions of one operation, in a machine whose time-stamp counter advances by one an instruction. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "../pkey.h"
#include "guest.h"

/* The kernel's timer interrupts every 4 million instructions at 250 Hz: what is well below is mostly left alone. */
#define UNDISTURBED 400000u
#define LOOPS_MAX 64u
#define WARMUPS 4
#define QUIET_MICROSECONDS 40000 /* several timer interrupts: the kernel frees in their wake what it let go of before */
#define STEP_MICROSECONDS 370 /* nine steps, added up, come to different places in 4 ms */
#define REPEATS_MAX 9
#define REPEATS_MIN 2
/* What repeating one case may cost, in instructions, what is not timed included, before fewer repeats have to do. */
#define BUDGET 100000000u
/* Page tables, kernel stacks and what else a case needs besides the pages that it says it populates. */
#define SPARE_BYTES (64u << 20)

/* The shortest of several, and how often it was seen. */
struct shortest {
    uint64_t ticks;
    unsigned seen;
};

static void keep_shortest(struct shortest *kept, uint64_t ticks)
{
    if (kept->seen == 0 || ticks < kept->ticks) {
        kept->ticks = ticks;
        kept->seen = 0;
    }
    kept->seen += ticks == kept->ticks;
}

int guest_parse(const char *line, struct guest_case *parsed)
{
    char name[128], family[128];
    long long point[PK_AXES_MAX];

    if (sscanf(line, "%u %127[^/]/%127s %lld %lld %lld", &parsed->index, family, name, &point[0], &point[1],
               &point[2]) != 6)
        return -1;
    parsed->traced = strstr(line, GUEST_TRACED) != NULL;
    for (int axis = 0; axis < PK_AXES_MAX; axis++)
        parsed->point[axis] = point[axis];
    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        parsed->benchmark = pk_benchmark_at(i);
        if (!strcmp(parsed->benchmark->family, family) && !strcmp(parsed->benchmark->name, name))
            return 0;
    }
    return -1;
}

static void say_ending(const struct guest_case *asked, int status)
{
    printf("%s %u %s\n", status == PK_SKIPPED ? "skipped" : "failed", asked->index, pk_reason());
}

static int fits_memory(const struct guest_case *asked)
{
    struct sysinfo system;
    uint64_t needed = asked->benchmark->memory ? asked->benchmark->memory(asked->point) : 0;
    uint64_t available;

    if (sysinfo(&system))
        return 0;
    available = (uint64_t)system.freeram * system.mem_unit;
    if (needed + SPARE_BYTES <= available)
        return 0;
    return pk_skip("needs %llu MiB of memory, and the guest has %llu MiB free", (unsigned long long)(needed >> 20),
                   (unsigned long long)(available >> 20));
}

/* Let the kernel finish what was left behind, such as freed page tables and the nodes of mappings: what is taken again before
 * they have come back costs more. Costs nothing: an idle guest's time is
 * skipped. Pauses of different length also move what follows about between two timer interrupts, or every repeat of a
 * case might meet one. */
static void pause_for(long microseconds)
{
    struct timespec time = {.tv_nsec = microseconds * 1000};

    nanosleep(&time, NULL);
}

static int count_loops(struct pk_case *opened, uint64_t loops, long microseconds, struct shortest *kept)
{
    struct pk_value value;
    int status;

    pause_for(microseconds);
    status = pk_case_measure(opened, loops, NULL, &value);

    if (!status)
        keep_shortest(kept, value.ticks);
    return status;
}

/* A power of two, so that another boot, in which one iteration took a little more, comes to the same. */
static uint64_t choose_loops(uint64_t ticks_of_one, uint64_t batch)
{
    uint64_t most = UNDISTURBED / (ticks_of_one + 1), loops = 1;

    if (most > batch / 2)
        most = batch / 2;
    while (loops * 2 <= most && loops * 2 <= LOOPS_MAX)
        loops *= 2;
    return loops;
}

static int count_case(const struct guest_case *asked, struct pk_case *opened)
{
    uint64_t limit = pk_case_batch(opened), batch = limit ? limit : 2 * LOOPS_MAX;
    struct shortest one = {0}, single = {0}, twice = {0};
    uint64_t began = pk_ticks(), loops;
    unsigned repeats = 0;
    int status = 0;

    for (int i = 0; i < WARMUPS && !status && (i == 0 || pk_ticks() - began < BUDGET / 10); i++)
        status = count_loops(opened, 1, 0, &one);
    loops = choose_loops(one.ticks, batch);
    /* Where no two iterations follow each other there is no difference to take: what surrounds one is counted in. */
    for (began = pk_ticks(); !status && (repeats < REPEATS_MIN || (repeats < REPEATS_MAX && pk_ticks() - began < BUDGET));
         repeats++) {
        long microseconds = QUIET_MICROSECONDS + (repeats + 1) * STEP_MICROSECONDS;

        status = count_loops(opened, loops, microseconds, &single);
        if (!status && batch >= 2)
            status = count_loops(opened, 2 * loops, microseconds, &twice);
    }
    if (!status)
        status = pk_case_verify(opened);
    if (!status)
        printf("measured %u %llu %llu %llu %u %u %u\n", asked->index, (unsigned long long)loops,
               (unsigned long long)single.ticks, (unsigned long long)twice.ticks, repeats, single.seen, twice.seen);
    if (!status && asked->traced)
        guest_trace(opened, loops, single.ticks, twice.ticks);
    return status;
}

void guest_count(const struct guest_case *asked)
{
    struct pk_case *opened = NULL;
    int status = pk_benchmark_skipped(asked->benchmark, asked->point);

    if (!status)
        status = fits_memory(asked);
    if (!status)
        status = pk_case_open(asked->benchmark, asked->point, &opened);
    if (!status)
        status = pk_case_verify(opened);
    if (!status)
        status = count_case(asked, opened);
    if (status)
        say_ending(asked, status);
    pk_case_close(opened);
}
