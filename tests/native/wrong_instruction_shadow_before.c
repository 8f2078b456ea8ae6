#include "wrong_shadow.h"

#include "families/instruction/shadow_before.c"

static int load_elsewhere(void *state)
{
    struct next *next = state;

    next->shadow.base = next->pkey ? next->unkeyed.base : next->other.region.base;
    return 0;
}

static int load_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static int leave_out_the_load(void *state)
{
    return prove_load(state, load_nothing);
}

static int leave_out_wrpkru(void *state)
{
    struct next *next = state;

    return prove_toggles(&next->shadow, run_load);
}

WRONG_CASES = {
    {"it loads from a page with another key", "instruction/load/*", "the region has key", load_elsewhere},
    {"it loads from a page with another key", "instruction/wrpkru-before-load/*", "the region has key", load_elsewhere},
    {"there is no load", "instruction/load/*", "loaded a sum of 0", .verify = leave_out_the_load},
    {"there is no WRPKRU", "instruction/wrpkru-before-load/*", "PKRU is", .verify = leave_out_wrpkru},
    WRONG_TOGGLES("instruction/wrpkru-before-load/*"),
    {0},
};
