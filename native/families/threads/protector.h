/* A thread that keeps changing protection, and may thereby hold up others. */
#pragma once

#include <stdatomic.h>

#include "benchmark.h"
#include "memory/trap.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

struct protector {
    struct pk_region region;
    atomic_ullong changes; /* successful changes to read-only and back */
};

static inline void protect_unprotect_once(struct protector *protector)
{
    if (!protect_unprotect(&protector->region, 1))
        atomic_fetch_add_explicit(&protector->changes, 1, memory_order_relaxed);
}

/* Prove from another thread that changes go on: some stores are refused and some are allowed. The protector may share
 * this CPU, so wait longer and longer. */
static inline int prove_protecting(struct protector *protector)
{
    uint64_t before = atomic_load_explicit(&protector->changes, memory_order_relaxed);
    unsigned refused = 0, allowed = 0;

    for (long milliseconds = 1; milliseconds < 1200; milliseconds *= 2) {
        for (unsigned tries = 0; tries < 64; tries++) {
            struct pk_fault fault;
            int status = pk_trap(PK_STORE, protector->region.base, &fault);

            if (status)
                return status;
            *(fault.happened ? &refused : &allowed) += 1;
        }
        if (refused && allowed && atomic_load_explicit(&protector->changes, memory_order_relaxed) > before + 1)
            return 0;
        wait_milliseconds(milliseconds);
    }
    return pk_disprove("the thread that must change protection does not: %u stores were made, and %u were refused",
                       refused + allowed, refused);
}

/* Points around the flush ceiling of 33 pages, and what one page-table page maps. */
#define VICTIM_PAGES_AXIS                                                                             \
    {                                                                                                 \
        .name = "pages", .meaning = "resident 4 KiB pages in the region that another thread changes", \
        .points = "1,33,34,512", .quick = "1"                                                         \
    }
