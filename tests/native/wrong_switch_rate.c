#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/rate.c"

static int close_nothing(void *state)
{
    struct rate *rate = state;

    rate->domain.key.closed = rate->domain.key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct rate *rate = state;

    rate->domain.key.open = rate->domain.key.closed;
    return 0;
}

/* The loop does less work than its point says. */
static int run_idle(void *state, uint64_t loops)
{
    struct rate idle = *(struct rate *)state;

    idle.work--;
    return run_work(&idle, loops);
}

static int verify_idle(void *state)
{
    return prove_work(state, run_idle);
}

static int forget_a_page(void *state)
{
    const struct rate *rate = state;

    return forget_page(&rate->domain.region);
}

static int merge_a_guard(void *state)
{
    const struct rate *rate = state;

    return merge_guard(&rate->domain.region, PROT_READ, 0);
}

WRONG_CASES = {
    {"one multiplication is left out", "switch/rate-work/*", "the result of the work was not stored",
     .verify = verify_idle},
    {"a page is not populated", "switch/rate-*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "switch/rate-mprotect/*", "not a VMA of its own", merge_a_guard},
    {"mprotect does nothing", "switch/rate-mprotect/*", "the operation faulted", make_mprotect_idle},
    {"closing closes nothing", "switch/rate-wrpkru/*", "a store that must fault was allowed", close_nothing},
    {"opening opens nothing", "switch/rate-wrpkru/*", "the operation faulted", open_nothing},
    {0},
};
