#include "fake_calls.h"
#include "wrong.h"

#include "families/instruction/rights.c"

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

WRONG_CASES = {
    {"both values allow writing", "instruction/pkey-set-raw", "a store that must fault was allowed", close_nothing},
    {"both values deny writing", "instruction/pkey-set-*", "must be allowed faulted", open_nothing},
    {"it should allow writing and denies it", "instruction/pkey-set-inline", "PKRU is", close_nothing},
    {"it should allow writing and denies it", "instruction/pkey-set-glibc", "PKRU is", close_nothing},
    {"setting rights does nothing", "instruction/pkey-set-inline", "PKRU is", make_set_rights_idle},
    {0},
};
