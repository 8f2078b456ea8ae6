/* Memory that a job opens for each request and then closes again: by a key or by mprotect. The unprotected twin never
 * closes it. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

enum way { UNPROTECTED, BY_KEY, BY_MPROTECT };

struct guard {
    struct pk_domain domain;
    enum way way;
    size_t length;   /* of the region, in bytes */
    uint32_t rights; /* rights denied while closed: PKEY_DISABLE_WRITE or PKEY_DISABLE_ACCESS */
};

static inline int guard_closed_protection(const struct guard *guard)
{
    return guard->rights == PKEY_DISABLE_WRITE ? PROT_READ : PROT_NONE;
}

/* Always inlined, with a constant `way`, so that the timed loop holds only this way's instructions and no branch on
 * it. In the twin, barriers keep the accesses where the other ways have them. */
__attribute__((always_inline)) static inline int guard_open(const struct guard *guard, enum way way)
{
    if (way == BY_MPROTECT)
        return pk_mprotect(guard->domain.region.base, guard->length, PROT_READ | PROT_WRITE);
    if (way == BY_KEY)
        pk_wrpkru(guard->domain.key.open);
    else
        pk_barrier();
    return 0;
}

__attribute__((always_inline)) static inline int guard_close(const struct guard *guard, enum way way)
{
    if (way == BY_MPROTECT)
        return pk_mprotect(guard->domain.region.base, guard->length, guard_closed_protection(guard));
    if (way == BY_KEY)
        pk_wrpkru(guard->domain.key.closed);
    else
        pk_barrier();
    return 0;
}

/* Close a mapped region that is readable and writable. 0 or -errno. */
static inline int guard_begin(struct guard *guard, enum way way, uint32_t rights)
{
    struct pk_domain *domain = &guard->domain;
    int status = 0;

    guard->way = way;
    guard->length = pk_region_length(&domain->region);
    guard->rights = rights;
    if (way == BY_KEY) {
        status = pk_key_take(&domain->key, rights);
        if (!status)
            status = pk_pkey_mprotect(domain->region.base, guard->length, PROT_READ | PROT_WRITE, domain->key.number);
    }
    if (!status)
        status = guard_close(guard, way);
    return status < 0 ? pk_error(-status, "guard a region") : status;
}

/* The same, for a region that this maps. 0, PK_SKIPPED or -errno; guard_unmap follows in each case. */
static inline int guard_map(struct guard *guard, enum way way, size_t pages, uint32_t rights)
{
    int status = pk_region_map(&guard->domain.region, pages);

    return status ? status : guard_begin(guard, way, rights);
}

static inline void guard_unmap(struct guard *guard)
{
    pk_domain_unmap(&guard->domain);
}

/* The twin's region is always open. The test store leaves the byte as it was. */
static inline int guard_prove_unprotected(volatile char *byte)
{
    char kept = *byte;
    int status = pk_prove_allowed(PK_STORE, byte);

    *byte = kept;
    return status;
}

/* Prove that accesses to the first and the last byte are refused, as far as this way can refuse them. */
static inline int guard_prove_closed(const struct guard *guard)
{
    const struct pk_region *region = &guard->domain.region;
    int pkey = guard->domain.key.number;
    char *last = region->base + guard->length - 1;
    int prot = guard->way == BY_MPROTECT ? guard_closed_protection(guard) : PROT_READ | PROT_WRITE;
    int status = pk_region_audit(region, prot, pkey);

    if (guard->way == UNPROTECTED)
        return status ? status : guard_prove_unprotected(last);
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, pkey);
    if (!status)
        status = pk_prove_refused(PK_STORE, last, pkey);
    if (status)
        return status;
    return guard->rights == PKEY_DISABLE_WRITE ? pk_prove_allowed(PK_LOAD, last)
                                               : pk_prove_refused(PK_LOAD, last, pkey);
}

/* Prove that the region is closed, serve one request, and prove that it is closed again. */
static inline int guard_prove_request(const struct guard *guard, int (*run)(void *state, uint64_t loops), void *state)
{
    int status = guard_prove_closed(guard);

    if (!status)
        status = pk_prove_runs(run, state);
    return status ? status : guard_prove_closed(guard);
}

/* Define a benchmark's functions for one way. They call the file's own functions, which work for any way. */
#define GUARD_FUNCTIONS(identifier, way)                             \
    static int setup_##identifier(void *state, const int64_t *point) \
    {                                                                \
        return set_up(state, point, way);                            \
    }                                                                \
    static int run_##identifier(void *state, uint64_t loops)         \
    {                                                                \
        return serve(state, loops, way);                             \
    }                                                                \
    static int verify_##identifier(void *state)                      \
    {                                                                \
        return prove(state, run_##identifier);                       \
    }
