#include "wrong_shadow.h"

#include "families/instruction/shadow_loads.c"

static int load_elsewhere(void *state)
{
    struct shadow *shadow = state;

    shadow->base += LINE;
    return 0;
}

static int leave_out_wrpkru(void *state)
{
    return prove_toggles(state, run_l1_loads);
}

WRONG_CASES = {
    {"it loads from other lines", "instruction/l1-loads", "loaded a sum of", load_elsewhere},
    {"it loads from other lines", "instruction/wrpkru-after-l1-loads", "loaded a sum of", load_elsewhere},
    {"there is no WRPKRU", "instruction/wrpkru-after-l1-loads", "PKRU is", .verify = leave_out_wrpkru},
    WRONG_TOGGLES("instruction/wrpkru-after-l1-loads"),
    {0},
};
