/* The operation of most benchmarks of this family: change protection, and change it back. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

/* To read-only and back, by mprotect. */
static inline int protect_unprotect(const struct pk_region *region, uint64_t loops)
{
    void *base = region->base;
    size_t length = pk_region_length(region);
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, PROT_READ);
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    }
    return status;
}

/* The same in two halves, to prove that each changes something. */
static inline int prove_protect_unprotect(const struct pk_region *region)
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    if (!status && pk_mprotect(region->base, pk_region_length(region), PROT_READ))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, 0);
    if (!status)
        status = pk_region_audit(region, PROT_READ, 0);
    if (pk_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE) && !status)
        status = pk_disprove("mprotect failed");
    return status ? status : pk_prove_allowed(PK_STORE, region->base);
}

/* To a key that denies writing and back to key 0. */
static inline int protect_unprotect_by_key(const struct pk_region *region, int pkey, uint64_t loops)
{
    void *base = region->base;
    size_t length = pk_region_length(region);
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, pkey);
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, 0);
    }
    return status;
}

static inline int prove_protect_unprotect_by_key(const struct pk_region *region, int pkey)
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    if (!status && pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE, pkey))
        status = pk_disprove("pkey_mprotect failed");
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, pkey);
    if (!status)
        status = pk_region_audit(region, PROT_READ | PROT_WRITE, pkey);
    if (pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE, 0) && !status)
        status = pk_disprove("pkey_mprotect failed");
    return status ? status : pk_prove_allowed(PK_STORE, region->base);
}
