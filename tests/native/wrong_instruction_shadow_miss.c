#include "wrong_shadow.h"

#include "families/instruction/shadow_miss.c"

static int shorten_the_ring(void *state)
{
    struct miss *miss = state;

    *(uint64_t *)(uintptr_t)address_of(miss, follow(0, miss->lines)) = address_of(miss, 0);
    return 0;
}

static int run_nowhere(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static int leave_out_the_load(void *state)
{
    return prove_step(state, run_nowhere);
}

static int leave_out_wrpkru(void *state)
{
    return prove_toggles(state, run_miss);
}

WRONG_CASES = {
    {"the ring is two lines long", "instruction/miss/*", "after 2 loads", shorten_the_ring},
    {"the ring is two lines long", "instruction/wrpkru-after-miss/level:L*", "after 2 loads", shorten_the_ring},
    {"there is no load", "instruction/miss/*", "does not follow", .verify = leave_out_the_load},
    {"there is no WRPKRU", "instruction/wrpkru-after-miss/*", "PKRU is", .verify = leave_out_wrpkru},
    WRONG_TOGGLES("instruction/wrpkru-after-miss/level:L*"),
    {0},
};
