#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/revoke.c"

static int revoke_nothing(void *state)
{
    struct revocation *revocation = state;

    revocation->domain.key.closed = revocation->domain.key.open;
    return 0;
}

static int grant_nothing(void *state)
{
    struct revocation *revocation = state;

    revocation->domain.key.open = revocation->domain.key.closed;
    return 0;
}

/* The thread that gives the orders forgets the other threads, and closes only for itself. */
static int forget_the_threads(void *state)
{
    struct revocation *revocation = state;

    revocation->threads = 1;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct revocation *revocation = state;

    return forget_page(&revocation->domain.region);
}

static int merge_a_guard(void *state)
{
    const struct revocation *revocation = state;

    return merge_guard(&revocation->domain.region, PROT_READ | PROT_WRITE, revocation->domain.key.number);
}

static int tag_with_another_key(void *state)
{
    const struct revocation *revocation = state;

    return tag_differently(&revocation->domain.region);
}

WRONG_CASES = {
    {"revoking revokes nothing", "switch/revoke-threads/*", "a store that must fault was allowed", revoke_nothing},
    {"granting grants nothing", "switch/revoke-threads/*", "a store that must be allowed faulted", grant_nothing},
    {"the other thread is not told", "switch/revoke-threads/threads:2", "a store that must fault was allowed",
     forget_the_threads},
    {"mprotect does nothing", "switch/revoke-mprotect/*", "a store that must fault was allowed", make_mprotect_idle},
    {"a page is not populated", "switch/revoke-*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "switch/revoke-*", "not a VMA of its own", merge_a_guard},
    {"the page has another key", "switch/revoke-threads/*", "the region has key", tag_with_another_key},
    {0},
};
