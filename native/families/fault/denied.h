/* Regions closed for writing, by a key or by their protection, and the proof that a store to one is denied. */
#pragma once

#include <setjmp.h>

#include "benchmark.h"
#include "frame.h"
#include "memory/domain.h"
#include "memory/trap.h"

/* Number of pages that are not resident, one for each store. */
#define UNTOUCHED 64

struct denied {
    struct pk_regions regions; /* of one page each, closed for writing */
    struct pk_key key;         /* none if the protection denies */
    struct handler handler;
    sigjmp_buf back;
    size_t page;
};

static inline int prepare_untouched(void *state)
{
    struct denied *denied = state;

    for (size_t i = 0; i < UNTOUCHED; i++)
        if (madvise(denied->regions.at[i].base, pk_page_size(), MADV_DONTNEED))
            return pk_error(errno, "give a page back");
    return 0;
}

static inline int clear_byte(const struct denied *denied)
{
    const struct pk_region *region = &denied->regions.at[0];
    int status;

    if (denied->key.number)
        pk_wrpkru(denied->key.open);
    else
        pk_mprotect(region->base, pk_page_size(), PROT_READ | PROT_WRITE);
    status = pk_prove_allowed(PK_STORE, region->base);
    if (!status)
        *(volatile char *)region->base = 0;
    if (denied->key.number)
        pk_wrpkru(denied->key.closed);
    else
        pk_mprotect(region->base, pk_page_size(), PROT_READ);
    return status;
}

/* The CPU's error code tells whether the page was present and whether its key denied the store: 1 present, 2 write, 4
 * user mode, 0x20 key. For a page that is not present, only the kernel knows the key. */
static inline int prove_denied(const struct denied *denied, bool resident)
{
    const struct pk_region *region = &denied->regions.at[0];
    uint64_t expected = !resident ? 6 : denied->key.number ? 0x27 : 7;
    struct pk_fault fault;
    int status = pk_prove_refused(PK_STORE, region->base, denied->key.number);

    if (!status)
        status = pk_trap(PK_STORE, region->base, &fault);
    if (status)
        return status;
    if (fault.error_code && fault.error_code != expected)
        return pk_disprove("the fault's error code is 0x%llx instead of 0x%llx", (unsigned long long)fault.error_code,
                           (unsigned long long)expected);
    return 0;
}

static inline int prove_resident(const struct denied *denied, bool expected)
{
    unsigned char resident;

    if (mincore(denied->regions.at[0].base, pk_page_size(), &resident))
        return pk_error(errno, "mincore");
    return (resident & 1) == expected ? 0 : pk_disprove("the page is %s", expected ? "not resident" : "resident");
}

/* Prove one operation: the store was caught once, made or not made as expected, and the region is closed again. */
static inline int prove_one(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    volatile char *byte = denied->regions.at[0].base;
    int failed = run(denied, 1), status = handler_prove_once(&denied->handler);

    if (!status && failed)
        status = pk_disprove("the operation failed");
    if (status)
        return status;
    if (denied->key.number && pk_rdpkru() != denied->key.closed)
        return pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), denied->key.closed);
    status = pk_prove_allowed(PK_LOAD, byte);
    if (!status && *byte != stored)
        status = pk_disprove(stored ? "the store was not made" : "the store was made");
    return status ? status : prove_denied(denied, true);
}

static inline int prove_resident_store(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    int prot = denied->key.number ? PROT_READ | PROT_WRITE : PROT_READ;
    int status = pk_regions_audit(&denied->regions, prot, denied->key.number);

    if (!status)
        status = clear_byte(denied);
    if (!status)
        status = prove_denied(denied, true);
    return status ? status : prove_one(denied, run, stored);
}

static inline int prove_untouched_store(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    int status = prepare_untouched(denied);

    if (!status)
        status = prove_denied(denied, false);
    if (!status)
        status = prove_resident(denied, false);
    if (!status)
        status = prove_one(denied, run, stored);
    return status ? status : prove_resident(denied, true);
}
