/* A key that moves to another domain while all threads hold it. Every thread has to drop its right first, or it could
 * access the next domain. */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>

#include "benchmark.h"
#include "memory/domain.h"
#include "memory/trap.h"
#include "parallel/thread_team.h"

#define WRITE (PROT_READ | PROT_WRITE)
#define MEMBERS_MAX 4096

/* The last order that a thread has followed. At least one cache line for each thread. */
struct heeded {
    _Alignas(128) atomic_uint order;
};

struct holders {
    struct pk_team team;
    struct pk_key key;
    struct pk_region regions[2]; /* the key belongs to one, then to the other */
    size_t length;
    unsigned current;
    bool allowed; /* whether the threads currently have the right */
    char value;
    atomic_uint order; /* increases; odd: drop the right; even: take it */
    struct heeded *heeded;
};

/* A thread waits for orders. If it shares its CPU with the thread that gives them, it must let that thread run. */
static void heed(void *state, unsigned member)
{
    struct holders *all = state;
    atomic_uint *heeded = &all->heeded[member].order;
    unsigned order = atomic_load_explicit(&all->order, memory_order_acquire);

    for (int spins = 0; order == atomic_load_explicit(heeded, memory_order_relaxed); spins++) {
        if (spins == 1024) {
            sched_yield();
            return;
        }
        pk_pause();
        order = atomic_load_explicit(&all->order, memory_order_acquire);
    }
    pk_wrpkru(order & 1 ? all->key.closed : all->key.open);
    atomic_store_explicit(heeded, order, memory_order_release);
}

/* Give an order to every other thread, and wait until each has followed it. */
static __attribute__((noinline)) void tell(struct holders *all)
{
    unsigned order = atomic_load_explicit(&all->order, memory_order_relaxed) + 1;

    atomic_store_explicit(&all->order, order, memory_order_release);
    for (unsigned i = 1; i < all->team.count; i++)
        for (unsigned spins = 1; atomic_load_explicit(&all->heeded[i].order, memory_order_acquire) != order; spins++) {
            if (spins % 1024 == 0)
                sched_yield();
            pk_pause();
        }
}

static inline int tag(const struct holders *all, unsigned region, int prot, int pkey)
{
    return pk_pkey_mprotect(all->regions[region].base, all->length, prot, pkey);
}

/* From here on no thread holds the key. */
static inline void take_rights(struct holders *all)
{
    pk_wrpkru(all->key.closed);
    tell(all);
}

static inline int move_key(struct holders *all)
{
    int status = tag(all, all->current, PROT_NONE, 0);

    all->current ^= 1;
    return status | tag(all, all->current, WRITE, all->key.number);
}

static inline void give_rights(struct holders *all)
{
    pk_wrpkru(all->key.open);
    tell(all);
}

static int run_threads(void *state, uint64_t loops)
{
    struct holders *all = state;
    char value = all->value;
    int status = 0;

    PK_REPEAT(loops) {
        take_rights(all);
        status |= move_key(all);
        give_rights(all);
        *(volatile char *)all->regions[all->current].base = value;
    }
    return status;
}

/* Verify one thread at a time. Nobody can access the domain without the key; only holders of the key can access the
 * other. */
static int verify_member(void *state, unsigned member)
{
    struct holders *all = state;
    char *with = all->regions[all->current].base;
    int status = pk_prove_refused(PK_STORE, all->regions[!all->current].base, 0);

    (void)member;
    if (!status)
        status = all->allowed ? pk_prove_allowed(PK_STORE, with) : pk_prove_refused(PK_STORE, with, all->key.number);
    return status;
}

static const struct pk_team_work holding = {.idle = heed, .verify = verify_member};

static int setup(void *state, const int64_t *point)
{
    struct holders *all = state;
    int status = pk_key_take(&all->key, PKEY_DISABLE_ACCESS);

    for (int i = 0; i < 2 && !status; i++)
        status = pk_region_map(&all->regions[i], 1);
    if (status)
        return status;
    all->length = pk_page_size();
    all->heeded = aligned_alloc(sizeof *all->heeded, (size_t)point[0] * sizeof *all->heeded);
    if (!all->heeded)
        return pk_error(ENOMEM, "allocate the threads' confirmations");
    for (int64_t i = 0; i < point[0]; i++)
        atomic_init(&all->heeded[i].order, 0);
    if (tag(all, 0, WRITE, all->key.number) || tag(all, 1, PROT_NONE, 0))
        return pk_error(EINVAL, "pkey_mprotect");
    /* A thread starts with the rights of its creator. */
    pk_wrpkru(all->key.open);
    return pk_team_start(&all->team, (unsigned)point[0], PK_TEAM_THREADS, &holding, state);
}

static void teardown(void *state)
{
    struct holders *all = state;

    pk_team_end(&all->team);
    free(all->heeded);
    for (int i = 0; i < 2; i++)
        pk_region_unmap(&all->regions[i]);
    pk_key_give_back(&all->key);
}

static int prove_members(struct holders *all, bool allowed)
{
    all->allowed = allowed;
    return pk_team_verify(&all->team);
}

/* All threads hold the key. It moves to a domain that none of them may access. Then they get the right again. */
static int verify(void *state)
{
    struct holders *all = state;
    int status = prove_members(all, true);

    take_rights(all);
    if (!status && move_key(all))
        status = pk_disprove("the key cannot be moved");
    if (!status)
        status = prove_members(all, false);
    if (!status)
        status = pk_region_audit(&all->regions[all->current], WRITE, all->key.number);
    if (!status)
        status = pk_region_audit(&all->regions[!all->current], PROT_NONE, 0);
    give_rights(all);
    all->value++;
    if (!status)
        status = pk_prove_runs(run_threads, state);
    if (!status && *all->regions[all->current].base != all->value)
        status = pk_disprove("the store did not happen");
    return status ? status : prove_members(all, true);
}

static int support(const int64_t *point)
{
    return point[0] <= MEMBERS_MAX ? 0 : pk_skip("more than %d threads are not supported", MEMBERS_MAX);
}

PK_BENCHMARK(lru_threads) = {
    .family = "domains",
    .name = "lru-threads",
    .needs = PK_NEEDS_KEYS | PK_NEEDS_THREADS,
    .axes = {{.name = "threads",
              .meaning = "threads that hold the key, including the one that moves it",
              .points = "cpus",
              .quick = "cpus"}},
    .operation = "move a key that all threads hold from one domain to another: each thread drops the right and "
                 "confirms, pkey_mprotect of both domains, each thread takes the right again, store a byte",
    .state_size = sizeof(struct holders),
    .support = support,
    .setup = setup,
    .run = run_threads,
    .verify = verify,
    .teardown = teardown,
};
