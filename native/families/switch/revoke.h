/* Taking a right away from all threads: what the ways to do so share. */
#pragma once

#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"
#include "parallel/cpus.h"
#include "parallel/thread_team.h"

/* An order to a thread and the thread's confirmation, both as the number of the order. Odd orders revoke, even orders
 * grant. Each post has a pair of cache lines of its own. */
struct post {
    _Alignas(128) atomic_uint ordered;
    _Alignas(128) atomic_uint obeyed;
    long thread; /* its id, where it is told by a signal */
};

struct revocation {
    struct pk_domain domain; /* with a key or without */
    struct pk_team team;
    struct post *posts; /* one for each thread */
    unsigned threads;
    unsigned orders;        /* number of orders given */
    unsigned short_of_cpus; /* whether there are more threads than CPUs */
    int expected;           /* what the threads' proofs expect: whether they may write */
};

/* Wait without sleeping. If there are too few CPUs, let other threads run. */
static inline void relax(const struct revocation *revocation)
{
    if (revocation->short_of_cpus)
        sched_yield();
    else
        pk_pause();
}

/* In each thread: check whether it may write. */
static inline int prove_rights(void *state, unsigned member)
{
    const struct revocation *revocation = state;
    char *byte = revocation->domain.region.base;

    (void)member;
    return revocation->expected ? pk_prove_allowed(PK_STORE, byte)
                                : pk_prove_refused(PK_STORE, byte, revocation->domain.key.number);
}

static inline int start_threads(struct revocation *revocation, const int64_t *point, const struct pk_team_work *work)
{
    int cpus[CPU_SETSIZE];

    revocation->threads = (unsigned)point[0];
    revocation->short_of_cpus = (int64_t)pk_last_cpus(cpus, CPU_SETSIZE) < point[0];
    revocation->posts = aligned_alloc(_Alignof(struct post), revocation->threads * sizeof *revocation->posts);
    if (!revocation->posts)
        return pk_error(ENOMEM, "allocate the orders");
    memset(revocation->posts, 0, revocation->threads * sizeof *revocation->posts);
    return pk_team_start(&revocation->team, revocation->threads, PK_TEAM_THREADS, work, revocation);
}

static inline void teardown(void *state)
{
    struct revocation *revocation = state;

    pk_team_end(&revocation->team);
    free(revocation->posts);
    pk_domain_unmap(&revocation->domain);
}

static inline int prove_everyones_rights(struct revocation *revocation, int expected)
{
    revocation->expected = expected;
    return pk_team_verify(&revocation->team);
}

/* One operation makes each thread follow two orders. */
static inline int prove_obeyed(struct revocation *revocation, int (*run)(void *state, uint64_t loops))
{
    unsigned orders = revocation->orders;
    int status = pk_prove_runs(run, revocation);

    for (unsigned i = 1; i < revocation->threads && !status; i++)
        if (atomic_load(&revocation->posts[i].obeyed) != orders + 2)
            status = pk_disprove("thread %u did not follow two orders", i);
    return status;
}

/* `give` has all threads follow an order, and sets the caller's own PKRU. */
static inline int prove_orders(struct revocation *revocation,
                               void (*give)(struct revocation *revocation, uint32_t pkru),
                               int (*run)(void *state, uint64_t loops))
{
    int status = pk_region_audit(&revocation->domain.region, PROT_READ | PROT_WRITE, revocation->domain.key.number);

    if (!status)
        status = prove_everyones_rights(revocation, 1);
    if (status)
        return status;
    give(revocation, revocation->domain.key.closed);
    status = prove_everyones_rights(revocation, 0);
    give(revocation, revocation->domain.key.open);
    if (!status)
        status = prove_everyones_rights(revocation, 1);
    return status ? status : prove_obeyed(revocation, run);
}

#define THREADS_AXIS                                                                              \
    {                                                                                             \
        .name = "threads", .points = "cpus", .quick = "cpus",                                     \
        .meaning = "threads that lose the right and get it back, including the one that takes it" \
    }
