#include "wrong_guard.h"

#include "families/application/coverage.c"

/* A request that leaves out one counter. */
static int run_short(void *state, uint64_t loops)
{
    struct coverage less = *(struct coverage *)state, *coverage = state;
    int status;

    less.counters--;
    status = serve(&less, loops, less.guard.way);
    coverage->sum = less.sum;
    return status;
}

/* A request that reads all counters and leaves out one when it resets them. */
static int run_without_reset(void *state, uint64_t loops)
{
    struct coverage *coverage = state;
    int status = run_short(state, loops);

    coverage->sum += coverage->counters;
    return status;
}

static int verify_short(void *state)
{
    return prove(state, run_short);
}

static int verify_without_reset(void *state)
{
    return prove(state, run_without_reset);
}

WRONG_CASES = {
    WRONG_GUARDS("application/coverage-key/*", "application/coverage-mprotect/*", "application/coverage-unprotected/*"),
    {"a counter is not read", "application/coverage-*", "not all counters were read", NULL, verify_short},
    {"a counter is not reset", "application/coverage-*", "was not reset", NULL, verify_without_reset},
    {0},
};
