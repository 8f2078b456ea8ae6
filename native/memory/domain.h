/* A protection key of the benchmark's own, and a region under it. */
#pragma once

#include "cpu/pkey.h"
#include "memory/region.h"

struct pk_key {
    int number;      /* 0 if none was taken */
    uint32_t open;   /* PKRU that allows everything under the key */
    uint32_t closed; /* PKRU with the rights that the key was allocated with */
    uint32_t before; /* PKRU as found */
};

struct pk_domain {
    struct pk_region region;
    struct pk_key key;
};

/* Allocate a key with these rights, which take effect in this thread: PKEY_DISABLE_WRITE or PKEY_DISABLE_ACCESS,
 * because a key that allows everything could not be proved. 0 or -errno; PK_SKIPPED if no key is left. All keys of a
 * case come from here, so that the reason says how many it had. */
int pk_key_take(struct pk_key *key, uint32_t rights);

/* Free the key and restore PKRU. Does nothing if no key was taken. */
void pk_key_give_back(struct pk_key *key);

/* Why pkey_alloc failed with this error, when the case held so many keys. PK_SKIPPED if no key is left, or -error. */
int pk_key_refused(int error, unsigned held);

/* Map a region of resident pages, readable and writable, under a key with these rights. 0, PK_SKIPPED or -errno;
 * pk_domain_unmap follows in each case. */
int pk_domain_map(struct pk_domain *domain, size_t pages, uint32_t rights);
void pk_domain_unmap(struct pk_domain *domain);

/* Prove that the region can be read and not written, at its first and its last byte: because of its key, or of its
 * protection if it has no key. 0, PK_DISPROVED or -errno. */
int pk_domain_prove_closed(const struct pk_domain *domain);
