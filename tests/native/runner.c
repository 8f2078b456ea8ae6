/* Usage: runner [hold=KEYS | together] [FILE-OF-CASES]
 *
 * Runs every case as the tool does: open, verify, measure, verify, close. It does so twice, and the second time must
 * leave nothing behind. Each case has its own process, so that a crash becomes a result; or
 * they share one, so that each finds what the others left. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cpu/pkey.h"
#include "held.h"
#include "memory/region.h"
#include "tap.h"
#include "walk.h"

/* More than the largest batch holds. Long operations run fewer loops. */
#define LOOPS 100
#define LONG_SECONDS 0.005
#define PATIENCE_SECONDS 120
#define GUEST_REGIONS 16 /* regions in a batch, as for a count: emulation takes long to prove each */

/* What the process of a case reports. */
struct answer {
    int status;
    char why[640];
};

static int measure(struct pk_case *opened)
{
    struct pk_value value;
    int status = pk_case_verify(opened);

    if (!status)
        status = pk_case_measure(opened, 1, NULL, &value);
    if (!status && value.seconds < LONG_SECONDS)
        status = pk_case_measure(opened, LOOPS, NULL, &value);
    if (!status && !(value.seconds > 0))
        status = pk_disprove("%d loops took no time", LOOPS);
    return status ? status : pk_case_verify(opened);
}

static int use(const struct walked *walked)
{
    struct pk_case *opened = NULL;
    int status = pk_case_open(walked->benchmark, walked->point, &opened);

    if (!status)
        status = measure(opened);
    pk_case_close(opened);
    return status;
}

static void try_case(const struct walked *walked, struct answer *answer)
{
    struct held before;
    int status, left = 0;

    /* The first time, the C library keeps some memory for later, both for running a case and for looking. musl keeps
     * more after a hundred requests. A case that leaves something behind does so each time. */
    held_look();
    before = held_look();
    status = use(walked);
    /* The first time as well: what changes it once and finds it changed the next time leaves it as it was found. */
    if (!status)
        status = held_prove_settings(&before);
    for (int uses = 0; !status && uses < 2 && (!uses || left); uses++) {
        before = held_look();
        status = use(walked);
        left = status ? 0 : held_prove_nothing_left(&before);
    }
    answer->status = status ? status : left;
    snprintf(answer->why, sizeof answer->why, "%s", pk_reason());
}

/* Wait for the child to end; 0, or -1 if it had to be killed. */
static int await(pid_t child, int *status)
{
    const struct timespec moment = {.tv_nsec = 2000000};
    time_t began = time(NULL);

    while (waitpid(child, status, WNOHANG) == 0) {
        if (time(NULL) - began > PATIENCE_SECONDS) {
            kill(child, SIGKILL);
            waitpid(child, status, 0);
            return -1;
        }
        nanosleep(&moment, NULL);
    }
    return 0;
}

static void report(const struct walked *walked, const struct answer *answer)
{
    if (answer->status == PK_SKIPPED)
        tap_skip(walked->name, answer->why);
    else if (answer->status)
        tap_not_ok(walked->name, answer->why);
    else
        tap_ok(walked->name);
}

static void answer_alone(const struct walked *walked, void *context)
{
    struct answer *answer = context;
    int status;
    pid_t child;

    *answer = (struct answer){.status = -1, .why = "it gave no answer"};
    fflush(NULL);
    child = fork();
    if (child == 0) {
        prctl(PR_SET_PDEATHSIG, SIGKILL);
        try_case(walked, answer);
        exit(0); /* not _exit: a sanitizer looks for leaks at exit */
    }
    if (child < 0 || await(child, &status))
        tap_not_ok(walked->name, child < 0 ? "no process" : "it hangs");
    else if (WIFSIGNALED(status) || WEXITSTATUS(status))
        tap_not_ok(walked->name, WIFSIGNALED(status) ? strsignal(WTERMSIG(status)) : "its process failed");
    else
        report(walked, answer);
}

static void answer_together(const struct walked *walked, void *context)
{
    struct answer *answer = context;

    try_case(walked, answer);
    report(walked, answer);
}

/* Take keys as a preloaded library would. The processes of all cases inherit them. */
static void hold_keys(const char *argument)
{
    unsigned held = 0;

    if (sscanf(argument, "hold=%u", &held) != 1 || !pk_pkru_usable())
        return;
    while (held-- && pk_pkey_alloc(PKEY_DISABLE_ACCESS) > 0)
        ;
}

int main(int argc, char **argv)
{
    struct answer *shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    walk_step *step = answer_alone;

    /* The kernel may pass others of its words to the first process of a guest. */
    for (int i = 1; i < argc; i++) {
        hold_keys(argv[i]);
        if (!strcmp(argv[i], "together"))
            step = answer_together;
    }
    if (getpid() == 1)
        pk_regions_limit(GUEST_REGIONS);
    tap_begin();
    walk_table(argc, argv, step, shared);
    return tap_end();
}
