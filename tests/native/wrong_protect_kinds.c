#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/kinds.c"
#include "wrong_change.h"

/* Small pages instead of large ones, or 2 MiB pages instead of smaller ones. */
static int make_of_another_kind(void *state)
{
    struct pk_region region = ((struct change *)state)->regions.at[0];

    if (region.kind == PK_4K || region.kind == PK_MTHP_64K)
        return gather_pages(&region);
    region.kind = PK_4K;
    return pk_region_renew(&region);
}

WRONG_CASES = {
    {"small pages", "protect/*mprotect-kind-*/kind:[th]*", "instead of", make_of_another_kind},
    {"huge pages", "protect/*mprotect-kind-*/kind:[4m]*/mib:32", "are transparent huge pages", make_of_another_kind},
    {"mprotect does nothing", "protect/mprotect-kind-*", "the region is", ignore_the_change},
    {"pkey_mprotect does nothing", "protect/pkey-mprotect-kind-*", "the region has key", ignore_the_change},
    {"pkey_mprotect takes another key", "protect/pkey-mprotect-kind-*", "the region has key", tag_with_another_key},
    {0},
};
