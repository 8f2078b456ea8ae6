#include "fake_calls.h"
#include "wrong.h"

static bool keep_evicted;

static inline int forgetful_pkey_mprotect(void *address, size_t length, int prot, int pkey)
{
    return keep_evicted && prot == PROT_NONE ? 0 : fake_pkey_mprotect(address, length, prot, pkey);
}

#undef pk_pkey_mprotect
#define pk_pkey_mprotect forgetful_pkey_mprotect

/* All threads except the one that moves the key confirm that they dropped the right, and keep it. */
static bool keep_rights;

static inline void stale_wrpkru(uint32_t pkru)
{
    if (!keep_rights || syscall(SYS_gettid) == getpid())
        pk_wrpkru(pkru);
}

#define pk_wrpkru stale_wrpkru

#include "families/domains/threads.c"

static int make_evicting_idle(void *state)
{
    (void)state;
    keep_evicted = true;
    return 0;
}

static int drop_nothing(void *state)
{
    struct holders *all = state;

    all->key.closed = all->key.open;
    return 0;
}

static int take_nothing(void *state)
{
    struct holders *all = state;

    all->key.open = all->key.closed;
    return 0;
}

static int keep_others_rights(void *state)
{
    (void)state;
    keep_rights = true;
    return 0;
}

/* The key refuses the store, not the page. */
#define STILL_KEYED "a denied store faulted with si_code 4 instead of 2"

WRONG_CASES = {
    {"threads keep their rights", "domains/lru-threads/*", "a store that must fault was allowed", drop_nothing},
    {"other threads keep their rights", "domains/lru-threads/threads:2", "a store that must fault was allowed",
     keep_others_rights},
    {"threads are given no right", "domains/lru-threads/*", "the operation faulted", take_nothing},
    {"the evicted domain keeps the key", "domains/lru-threads/*", STILL_KEYED, make_evicting_idle},
    {"pkey_mprotect does nothing", "domains/lru-threads/*", STILL_KEYED, make_pkey_mprotect_idle},
    {0},
};
