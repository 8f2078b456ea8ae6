#include "wrong.h"

#include "families/instruction/value.c"

static int tag_with_no_key(void *state)
{
    const struct value *value = state;

    return pk_pkey_mprotect(value->keyed.region.base, pk_page_size(), PROT_READ | PROT_WRITE, 0);
}

static int look_for_wrpkru_and_more(void *state)
{
    (void)state;
    return prove_unrolled(run_wrpkru_value, UNROLL, "\x0f\x01\xef\x90", 4);
}

static int undo(void *state)
{
    const struct value *value = state;

    run_wrpkru_value(state, 1);
    pk_wrpkru(value->other);
    return prove_rights(value, value->written);
}

WRONG_CASES = {
    {"the page has no key", "instruction/wrpkru-value/*", "a store that must fault was allowed", tag_with_no_key},
    {"it does not last", "instruction/wrpkru-value/*", "PKRU is", .verify = undo},
    {"it is another instruction", "instruction/wrpkru-value/*", "holds 0 copies", .verify = look_for_wrpkru_and_more},
    {0},
};
