/* Runs every wrong case in a process of its own. Verify must find what is wrong. */
#define _GNU_SOURCE
#include <fnmatch.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tap.h"
#include "walk.h"
#include "wrong.h"

extern const struct wrong *const __start_wrong_cases[];
extern const struct wrong *const __stop_wrong_cases[];

/* What the process of a wrong case reports. */
struct answer {
    enum { CAUGHT, SKIPPED, MISSED } state;
    char why[640];
};

static int make_wrong(const struct wrong *wrong, const struct walked *walked, void *state)
{
    const struct pk_benchmark *benchmark = walked->benchmark;
    int status = pk_benchmark_skipped(benchmark, walked->point);

    if (!status && benchmark->setup)
        status = benchmark->setup(state, walked->point);
    if (!status)
        status = benchmark->verify(state);
    if (!status && wrong->inject)
        status = wrong->inject(state);
    return status;
}

static void judge(const struct wrong *wrong, const struct walked *walked, struct answer *answer)
{
    const struct pk_benchmark *benchmark = walked->benchmark;
    void *state = calloc(1, benchmark->state_size + 1);
    int status = make_wrong(wrong, walked, state);

    if (status) {
        answer->state = status == PK_SKIPPED ? SKIPPED : MISSED;
        snprintf(answer->why, sizeof answer->why, "%s%s",
                 status == PK_SKIPPED ? "" : "before it was made wrong: ", pk_reason());
        return;
    }
    status = (wrong->verify ? wrong->verify : benchmark->verify)(state);
    answer->state = status == PK_DISPROVED && strstr(pk_reason(), wrong->reason) ? CAUGHT : MISSED;
    if (answer->state == MISSED)
        snprintf(answer->why, sizeof answer->why, status ? "verify says instead: %s" : "verify sees nothing wrong",
                 pk_reason());
}

static void tell(const char *name, const struct answer *answer)
{
    if (answer->state == CAUGHT)
        tap_ok(name);
    else if (answer->state == SKIPPED)
        tap_skip(name, answer->why);
    else
        tap_not_ok(name, answer->why);
}

static void try_wrong(const struct wrong *wrong, struct walked walked, struct answer *answer)
{
    char name[512];
    int status;
    pid_t child;

    if (wrong->pages)
        walked.point[0] = wrong->pages;
    snprintf(name, sizeof name, "%s: %s", walked.name, wrong->what);
    *answer = (struct answer){.state = MISSED};
    child = fork();
    if (child == 0) {
        judge(wrong, &walked, answer);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (WIFSIGNALED(status)) {
        answer->state = MISSED;
        snprintf(answer->why, sizeof answer->why, "killed by signal %d", WTERMSIG(status));
    }
    tell(name, answer);
}

static void try_case(const struct walked *walked, void *context)
{
    bool any = false;

    for (const struct wrong *const *file = __start_wrong_cases; file < __stop_wrong_cases; file++)
        for (const struct wrong *wrong = *file; wrong->what; wrong++)
            if (fnmatch(wrong->cases, walked->name, 0) == 0) {
                any = true;
                try_wrong(wrong, *walked, context);
            }
    /* Only a compiler that deletes the loop could make it wrong. */
    if (!any && strcmp(walked->name, "instruction/empty-loop") != 0)
        tap_not_ok(walked->name, "no wrong case covers it");
}

int main(int argc, char **argv)
{
    struct answer *answer = mmap(NULL, sizeof *answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    tap_begin();
    walk_table(argc, argv, try_case, answer);
    return tap_end();
}
