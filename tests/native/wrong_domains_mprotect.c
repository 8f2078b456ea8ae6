#include "fake_calls.h"
#include "wrong.h"

static bool keep_open;

static inline int lax_mprotect(void *address, size_t length, int prot)
{
    return keep_open && prot == PROT_NONE ? 0 : fake_mprotect(address, length, prot);
}

#undef pk_mprotect
#define pk_mprotect lax_mprotect

#include "families/domains/mprotect.c"

static int make_closing_idle(void *state)
{
    (void)state;
    keep_open = true;
    return 0;
}

static int enter_another(void *state)
{
    struct domains *domains = state;

    domains->accesses.length = 1;
    return 0;
}

/* Drop a page of a domain that is not entered again before the audit. */
static int forget_the_last(void *state)
{
    const struct domains *domains = state;

    return forget_page(&domains->regions.at[domains->regions.count - 1]);
}

WRONG_CASES = {
    {"mprotect does nothing", "domains/mprotect/*", "the operation faulted", make_mprotect_idle},
    {"leaving leaves a domain open", "domains/mprotect/*", "a store that must fault was allowed", make_closing_idle},
    {"only one domain is entered", "domains/mprotect/*", "did not happen", enter_another},
    {"a page is not populated", "domains/mprotect/domains:8/*/pattern:round-robin", "of the region are resident",
     forget_the_last, .pages = 200},
    {0},
};
