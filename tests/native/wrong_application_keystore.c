#include "crooked.h"
#include "wrong.h"

#include "families/application/keystore.c"

static int close_nothing(void *state)
{
    struct keystore *store = state;

    store->guard.domain.key.closed = store->guard.domain.key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct keystore *store = state;

    store->guard.domain.key.open = store->guard.domain.key.closed;
    return 0;
}

/* Denied is writing only. */
static int let_it_be_read(void *state)
{
    struct keystore *store = state;
    struct pk_key *key = &store->guard.domain.key;

    key->closed = pk_pkru_with(key->closed, key->number, PKEY_DISABLE_WRITE);
    pk_wrpkru(key->closed);
    return 0;
}

static int protect_the_twin(void *state)
{
    const struct keystore *store = state;

    return pk_mprotect(store->guard.domain.region.base, store->guard.length, PROT_READ);
}

static int change_the_secret(void *state)
{
    struct keystore *store = state;
    int status = guard_open(&store->guard, store->guard.way);

    store->guard.domain.region.base[SECRET_BYTES - 1] ^= 1;
    return status ? status : guard_close(&store->guard, store->guard.way);
}

static void work_nothing(const uint8_t *secret, struct keystore *store)
{
    (void)store;
    (void)*(const volatile uint8_t *)secret;
}

static int use_nothing(void *state)
{
    struct keystore *store = state;

    store->work = work_nothing;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct keystore *store = state;

    return forget_page(&store->guard.domain.region);
}

WRONG_CASES = {
    {"closing closes nothing", "application/keystore-key/*", "a store that must fault went through", close_nothing},
    {"opening opens nothing", "application/keystore-key/*", "the operation faulted", open_nothing},
    {"the closed secret can be read", "application/keystore-key/*", "a load that must fault went through", let_it_be_read},
    {"mprotect does nothing", "application/keystore-mprotect/*", "the operation faulted", make_mprotect_idle},
    {"the twin is protected", "application/keystore-unprotected/*", "the region is r-- instead of rw-", protect_the_twin},
    {"another secret is used", "application/keystore-*", "the answer is wrong", change_the_secret},
    {"the secret is not used", "application/keystore-*", "the answer is wrong", use_nothing},
    {"the page is not populated", "application/keystore-*", "of the region are resident", forget_a_page},
    {0},
};
