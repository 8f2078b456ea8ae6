#include "crooked.h"
#include "wrong.h"

#include "families/instruction/instruction.c"

static int close_nothing(void *state)
{
    struct keyed *keyed = state;

    keyed->closed = keyed->open;
    return 0;
}

static int open_nothing(void *state)
{
    struct keyed *keyed = state;

    keyed->open = keyed->closed;
    return 0;
}

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
    return prove_unrolled(run_one_nop_too_few, "\x90", 1);
}

static int look_for_lfence_among_nops(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, "\x0f\xae\xe8", 3);
}

static int look_for_rdpkru_among_wrpkru(void *state)
{
    (void)state;
    return prove_unrolled(run_wrpkru_same, "\x0f\x01\xee", 3);
}

static int look_for_xgetbv_among_nops(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, "\x0f\x01\xd0", 3);
}

static int look_for_the_chain_among_loose_reads(void *state)
{
    (void)state;
    return prove_unrolled(run_rdpkru, "\x0f\x01\xee\x21\xc1", 5);
}

#define WENT_THROUGH "a store that must fault went through"

WRONG_CASES = {
    {"there is one NOP too few", "instruction/nop-100", "holds 99 copies", .verify = look_for_nops_among_too_few},
    {"it is another instruction", "instruction/lfence", "holds 0 copies", .verify = look_for_lfence_among_nops},
    {"it is another instruction", "instruction/rdpkru", "holds 0 copies", .verify = look_for_rdpkru_among_wrpkru},
    {"it is another instruction", "instruction/xgetbv", "holds 0 copies", .verify = look_for_xgetbv_among_nops},
    {"nothing waits for it", "instruction/rdpkru-chain", "holds 0 copies", .verify = look_for_the_chain_among_loose_reads},
    {"both values are the same", "instruction/toggle-floor", "the two values to write are the same", close_nothing},
    {"both values allow writing", "instruction/wrpkru-*", WENT_THROUGH, close_nothing},
    {"both values allow writing", "instruction/pkey-set-raw", WENT_THROUGH, close_nothing},
    {"both values deny writing", "instruction/wrpkru-*", "must go through faulted", open_nothing},
    {"both values deny writing", "instruction/pkey-set-*", "must go through faulted", open_nothing},
    {"it should allow writing and denies it", "instruction/pkey-set-inline", "PKRU is", close_nothing},
    {"it should allow writing and denies it", "instruction/pkey-set-glibc", "PKRU is", close_nothing},
    {"setting rights does nothing", "instruction/pkey-set-inline", "PKRU is", make_set_rights_idle},
    {0},
};
