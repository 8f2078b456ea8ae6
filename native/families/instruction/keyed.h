/* A page under a key of our own, to prove with. */
#pragma once

#include "benchmark.h"
#include "pkey.h"

struct keyed {
    int pkey;
    uint32_t open;   /* PKRU that allows everything under the key */
    uint32_t closed; /* PKRU that denies writing */
    uint32_t before; /* PKRU as found */
    char *page;
};

static inline int setup_keyed(void *state, const int64_t *point)
{
    struct keyed *keyed = state;

    (void)point;
    keyed->before = pk_rdpkru();
    keyed->pkey = pk_pkey_alloc(0);
    if (keyed->pkey < 0)
        return pk_error(-keyed->pkey, "pkey_alloc");
    keyed->open = pk_pkru_with(keyed->before, keyed->pkey, 0);
    keyed->closed = pk_pkru_with(keyed->before, keyed->pkey, PKEY_DISABLE_WRITE);
    keyed->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (keyed->page == MAP_FAILED) {
        keyed->page = NULL;
        return pk_error(errno, "map a page");
    }
    *keyed->page = 0;
    return -pk_pkey_mprotect(keyed->page, 4096, PROT_READ | PROT_WRITE, keyed->pkey);
}

static inline void teardown_keyed(void *state)
{
    struct keyed *keyed = state;

    if (keyed->page)
        munmap(keyed->page, 4096);
    if (keyed->pkey > 0)
        pk_pkey_free(keyed->pkey);
    pk_wrpkru(keyed->before);
}
