#include "wrong.h"

#include "families/instruction/pkru.c"

static int close_nothing(void *state)
{
    struct pk_domain *keyed = state;

    keyed->key.closed = keyed->key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct pk_domain *keyed = state;

    keyed->key.open = keyed->key.closed;
    return 0;
}

static int look_for_rdpkru_among_wrpkru(void *state)
{
    (void)state;
    return prove_unrolled(run_wrpkru_same, UNROLL, "\x0f\x01\xee", 3);
}

static int look_for_half_the_reads_in_the_whole(void *state)
{
    return prove_rdpkru(state, run_rdpkru, UNROLL / 2);
}

static int look_for_the_chain_among_loose_reads(void *state)
{
    (void)state;
    return prove_unrolled(run_rdpkru, UNROLL, "\x0f\x01\xee\x21\xc1", 5);
}

#define ALLOWS "both values allow writing"
#define DENIES "both values deny writing"
#define WENT_THROUGH "a store that must fault was allowed"
#define FAULTED "must be allowed faulted"

WRONG_CASES = {
    {"it is another instruction", "instruction/rdpkru", "holds 0 copies", .verify = look_for_rdpkru_among_wrpkru},
    {"it is the whole loop", "instruction/rdpkru-half", "holds 100 copies",
     .verify = look_for_half_the_reads_in_the_whole},
    {"nothing waits for it", "instruction/rdpkru-chain", "holds 0 copies",
     .verify = look_for_the_chain_among_loose_reads},
    {"both values are the same", "instruction/toggle-floor*", "the two values to write are the same", close_nothing},
    {ALLOWS, "instruction/wrpkru-same", WENT_THROUGH, close_nothing},
    {ALLOWS, "instruction/wrpkru-lfence", WENT_THROUGH, close_nothing},
    {ALLOWS, "instruction/wrpkru-checked", WENT_THROUGH, close_nothing},
    {ALLOWS, "instruction/wrpkru-elided", WENT_THROUGH, close_nothing},
    {ALLOWS, "instruction/wrpkru-toggle", WENT_THROUGH, close_nothing},
    {DENIES, "instruction/wrpkru-same", FAULTED, open_nothing},
    {DENIES, "instruction/wrpkru-lfence", FAULTED, open_nothing},
    {DENIES, "instruction/wrpkru-checked", FAULTED, open_nothing},
    {DENIES, "instruction/wrpkru-elided", FAULTED, open_nothing},
    {DENIES, "instruction/wrpkru-toggle", FAULTED, open_nothing},
    {0},
};
