/* A protection key of our own, and a region under one. */
#pragma once

#include "cpu/pkey.h"
#include "memory/region.h"

struct pk_key {
    int number;      /* 0 where none was taken */
    uint32_t open;   /* PKRU that allows everything under the key */
    uint32_t closed; /* PKRU with the rights that the key was taken with */
    uint32_t before; /* PKRU as found */
};

struct pk_domain {
    struct pk_region region;
    struct pk_key key;
};

/* Allocate a key with these rights (PKEY_DISABLE_WRITE, PKEY_DISABLE_ACCESS: a key that allows everything proves
 * nothing), in force in this thread from here on. 0 or -errno. */
int pk_key_take(struct pk_key *key, uint32_t rights);

/* Free it, and put PKRU back to what it was. Nothing where none was taken. */
void pk_key_give_back(struct pk_key *key);

/* Map a region of resident pages, readable and writable, under a key taken with these rights. 0, PK_SKIPPED or -errno;
 * pk_domain_unmap follows in each case. */
int pk_domain_map(struct pk_domain *domain, size_t pages, uint32_t rights);
void pk_domain_unmap(struct pk_domain *domain);

/* Prove that it can be read, and not be written, from the first byte to the last: by its key, or by its protection
 * where it has none. 0, PK_DISPROVED or -errno. */
int pk_domain_prove_closed(const struct pk_domain *domain);
