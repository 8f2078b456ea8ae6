#include "wrong_shadow.h"

#include "families/instruction/shadow_alu.c"

static int add_too_often(void *state)
{
    struct shadow *shadow = state;

    shadow->run = shadow->keyed.key.number ? run_wrpkru_after_alu_256 : run_alu_256;
    return 0;
}

static int leave_out_wrpkru(void *state)
{
    struct shadow *shadow = state;

    shadow->run = run_alu_16;
    return 0;
}

WRONG_CASES = {
    {"it adds too often", "instruction/alu/*", "two iterations added up to 768 instead of", add_too_often},
    {"it adds too often", "instruction/wrpkru-after-alu/*", "two iterations added up to 768 instead of", add_too_often},
    {"there is no WRPKRU", "instruction/wrpkru-after-alu/operations:16", "PKRU is", leave_out_wrpkru},
    WRONG_TOGGLES("instruction/wrpkru-after-alu/*"),
    {0},
};
