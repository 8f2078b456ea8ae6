/* Faults of guards. The state of each source that includes guard.h starts with its guard. */
#pragma once

#include "fake_calls.h"
#include "wrong.h"

#include "families/application/guard.h"

static inline int close_nothing(void *state)
{
    struct guard *guard = state;

    guard->domain.key.closed = guard->domain.key.open;
    return 0;
}

static inline int open_nothing(void *state)
{
    struct guard *guard = state;

    guard->domain.key.open = guard->domain.key.closed;
    return 0;
}

/* Deny only writing where access should be denied. */
static inline int deny_writing_only(void *state)
{
    struct guard *guard = state;
    struct pk_key *key = &guard->domain.key;

    key->closed = pk_pkru_with(key->closed, key->number, PKEY_DISABLE_WRITE);
    pk_wrpkru(key->closed);
    return 0;
}

static inline int make_read_only(void *state)
{
    struct guard *guard = state;

    return pk_mprotect(guard->domain.region.base, guard->length, PROT_READ);
}

static inline int forget_a_page(void *state)
{
    struct guard *guard = state;

    return forget_page(&guard->domain.region);
}

/* One pattern of cases for each way of protection. */
#define WRONG_GUARDS(by_key, by_mprotect, unprotected)                                              \
    {"closing closes nothing", by_key, "that must fault was allowed", close_nothing},               \
        {"opening opens nothing", by_key, "faulted", open_nothing},                                 \
        {"mprotect does nothing", by_mprotect, "faulted", make_mprotect_idle},                      \
        {"the twin is protected", unprotected, "the region is r-- instead of rw-", make_read_only}, \
        {"a page is not populated", by_key, "of the region are resident", forget_a_page},           \
        {"a page is not populated", by_mprotect, "of the region are resident", forget_a_page},      \
    {                                                                                               \
        "a page is not populated", unprotected, "of the region are resident", forget_a_page         \
    }
