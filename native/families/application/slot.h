/* A slot in a pool of WebAssembly memories, and the proof of who can access it: inside the sandbox and outside. */
#pragma once

#include <stdbool.h>

#include "guard.h"

struct slot {
    struct pk_domain domain;
    char *base;    /* start of the part that changes */
    size_t length; /* in bytes */
};

static inline void teardown(void *state)
{
    struct slot *slot = state;

    pk_domain_unmap(&slot->domain);
}

static inline size_t pages_at(const int64_t *point)
{
    return (size_t)point[0];
}

static inline uint64_t memory(const int64_t *point)
{
    return pages_at(point) * pk_page_size();
}

/* Enter or leave the sandbox: open or close the slot's key, if it has one. */
static inline void enter_or_leave(const struct slot *slot, bool inside)
{
    const struct pk_key *key = &slot->domain.key;

    if (key->number)
        pk_wrpkru(inside ? key->open : key->closed);
}

/* Prove that the address can be written inside the sandbox. Outside, it must be refused if the slot has a key. */
static inline int prove_reach(const struct slot *slot, char *address)
{
    int pkey = slot->domain.key.number, status = pkey ? pk_prove_refused(PK_STORE, address, pkey) : 0;

    enter_or_leave(slot, true);
    if (!status)
        status = pk_prove_allowed(PK_STORE, address);
    enter_or_leave(slot, false);
    return status;
}

/* Prove that nobody can access the address. Inside the sandbox the key allows it, so the kernel must name the page's
 * protection as the reason. */
static inline int prove_out_of_reach(const struct slot *slot, char *address)
{
    int status;

    enter_or_leave(slot, true);
    status = pk_prove_refused(PK_STORE, address, 0);
    enter_or_leave(slot, false);
    return status;
}
