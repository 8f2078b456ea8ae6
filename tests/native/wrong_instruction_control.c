#include "wrong.h"

#include "families/instruction/control.c"

static int run_one_nop_too_few(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(".rept 99\n\tnop\n\t.endr");
    return 0;
}

static int look_for_nops_among_too_few(void *state)
{
    (void)state;
    return prove_unrolled(run_one_nop_too_few, UNROLL, "\x90", 1);
}

static int look_for_half_the_nops_in_the_whole(void *state)
{
    return prove_nop(state, run_nop, UNROLL / 2);
}

static int look_for_lfence_among_nops(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, UNROLL, "\x0f\xae\xe8", 3);
}

static int look_for_xgetbv_among_nops(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, UNROLL, "\x0f\x01\xd0", 3);
}

WRONG_CASES = {
    {"there is one NOP too few", "instruction/nop*", "holds 99 copies", .verify = look_for_nops_among_too_few},
    {"it is the whole loop", "instruction/nop-half", "holds 100 copies", .verify = look_for_half_the_nops_in_the_whole},
    {"it is another instruction", "instruction/lfence*", "holds 0 copies", .verify = look_for_lfence_among_nops},
    {"it is another instruction", "instruction/xgetbv*", "holds 0 copies", .verify = look_for_xgetbv_among_nops},
    {0},
};
