#include "wrong_shadow.h"

#include "families/instruction/shadow_stores.c"

static int store_too_often(void *state)
{
    struct shadow *shadow = state;

    shadow->run = shadow->keyed.key.number ? run_wrpkru_after_stores_32 : run_stores_32;
    return 0;
}

static int leave_out_wrpkru(void *state)
{
    struct shadow *shadow = state;

    shadow->run = run_stores_1;
    return 0;
}

WRONG_CASES = {
    {"it stores too often", "instruction/stores/*", "holds 1 after", store_too_often},
    {"it stores too often", "instruction/wrpkru-after-stores/*", "holds 1 after", store_too_often},
    {"there is no WRPKRU", "instruction/wrpkru-after-stores/stores:1", "PKRU is", leave_out_wrpkru},
    WRONG_TOGGLES("instruction/wrpkru-after-stores/*"),
    {0},
};
