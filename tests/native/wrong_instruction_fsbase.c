#include "wrong.h"

#include "families/instruction/fsbase.c"

static int look_for_reads_among_writes(void *state)
{
    (void)state;
    return prove_unrolled(run_wrfsbase, UNROLL, "\xf3\x48\x0f\xae\xc0", 5);
}

static int look_for_writes_among_reads(void *state)
{
    (void)state;
    return prove_unrolled(run_rdfsbase, UNROLL, "\xf3\x48\x0f\xae\xd0", 5);
}

static int read_elsewhere(void *state)
{
    (void)state;
    return prove_read(read_fsbase() + 64);
}

WRONG_CASES = {
    {"it is another instruction", "instruction/rdfsbase*", "of the instruction, not 100",
     .verify = look_for_reads_among_writes},
    {"it is another instruction", "instruction/wrfsbase", "holds 0 copies", .verify = look_for_writes_among_reads},
    {"it is another thread's", "instruction/*fsbase*", "the base of FS is", .verify = read_elsewhere},
    {0},
};
