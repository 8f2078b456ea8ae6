#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/open_close.c"

static int close_nothing(void *state)
{
    struct pk_domain *domain = state;

    domain->key.closed = domain->key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct pk_domain *domain = state;

    domain->key.open = domain->key.closed;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct pk_domain *domain = state;

    return forget_page(&domain->region);
}

static int merge_a_guard(void *state)
{
    const struct pk_domain *domain = state;

    return merge_guard(&domain->region, domain->key.number ? PROT_READ | PROT_WRITE : PROT_READ, domain->key.number);
}

static int tag_with_another_key(void *state)
{
    const struct pk_domain *domain = state;

    return tag_differently(&domain->region);
}

/* Verify's own store, which clears the byte, comes first. */
#define CANT_WRITE "a store that must be allowed faulted"
#define OPENED_NOTHING "the operation faulted"

WRONG_CASES = {
    {"closing closes nothing", "switch/wrpkru-*", "a store that must fault was allowed", close_nothing},
    {"closing closes nothing", "switch/pkey-mprotect/*", "a store that must fault was allowed", close_nothing},
    {"opening opens nothing", "switch/wrpkru-*", CANT_WRITE, open_nothing},
    {"setting rights does nothing", "switch/wrpkru-inline/*", OPENED_NOTHING, make_set_rights_idle},
    {"pkey_mprotect does nothing", "switch/pkey-mprotect/*", OPENED_NOTHING, make_pkey_mprotect_idle},
    {"mprotect does nothing", "switch/mprotect/*", CANT_WRITE, make_mprotect_idle},
    {"a page is not populated", "switch/wrpkru-*/pages:2", "of the region are resident instead of", forget_a_page},
    {"a page is not populated", "switch/*mprotect/pages:2", "of the region are resident instead of", forget_a_page},
    {"the region is merged with the adjacent page", "switch/wrpkru-*", "not a VMA of its own", merge_a_guard},
    {"the region is merged with the adjacent page", "switch/*mprotect/pages:*", "not a VMA of its own", merge_a_guard},
    {"the region has another key", "switch/wrpkru-*", CANT_WRITE, tag_with_another_key},
    {0},
};
