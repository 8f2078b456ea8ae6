#include "wrong_guard.h"

#include "families/application/keystore.c"

static int change_the_secret(void *state)
{
    struct keystore *store = state;
    int status = guard_open(&store->guard, store->guard.way);

    store->guard.domain.region.base[SECRET_BYTES - 1] ^= 1;
    return status ? status : guard_close(&store->guard, store->guard.way);
}

static void work_nothing(const uint8_t *secret, struct keystore *store)
{
    (void)secret;
    (void)store;
}

static int use_nothing(void *state)
{
    struct keystore *store = state;

    store->work = work_nothing;
    return 0;
}

WRONG_CASES = {
    WRONG_GUARDS("application/keystore-key/*", "application/keystore-mprotect/*", "application/keystore-unprotected/*"),
    {"the closed secret can be read", "application/keystore-key/*", "a load that must fault was allowed",
     deny_writing_only},
    {"another secret is used", "application/keystore-*", "the answer is wrong", change_the_secret},
    {"the secret is not used", "application/keystore-*", "the answer is wrong", use_nothing},
    {0},
};
