/* Taking the right to write away from all threads at once, and giving it back. With mprotect, the kernel does it.
 * With a key, only each thread itself can change its rights: it has to be told, change them, and confirm. Here it is
 * told by a flag that it polls. */
#define _GNU_SOURCE
#include "revoke.h"

/* What the threads do all the time: check for an order. */
static void look(void *state, unsigned member)
{
    const struct revocation *revocation = state;
    struct post *post = &revocation->posts[member];
    unsigned order = atomic_load_explicit(&post->ordered, memory_order_acquire);

    if (order == atomic_load_explicit(&post->obeyed, memory_order_relaxed)) {
        relax(revocation);
        return;
    }
    pk_wrpkru(order % 2 ? revocation->domain.key.closed : revocation->domain.key.open);
    atomic_store_explicit(&post->obeyed, order, memory_order_release);
}

/* Give the order to all threads before waiting for the first. The caller is one of them. Not inlined, because some
 * compilers would and some would not. */
__attribute__((noinline)) static void give_order(struct revocation *revocation, uint32_t pkru)
{
    unsigned order = ++revocation->orders;

    for (unsigned i = 1; i < revocation->threads; i++)
        atomic_store_explicit(&revocation->posts[i].ordered, order, memory_order_release);
    pk_wrpkru(pkru);
    for (unsigned i = 1; i < revocation->threads; i++)
        while (atomic_load_explicit(&revocation->posts[i].obeyed, memory_order_acquire) != order)
            relax(revocation);
}

static int run_threads(void *state, uint64_t loops)
{
    struct revocation *revocation = state;
    uint32_t open = revocation->domain.key.open, closed = revocation->domain.key.closed;

    PK_REPEAT(loops) {
        give_order(revocation, closed);
        give_order(revocation, open);
    }
    return 0;
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct revocation *revocation = state;
    void *base = revocation->domain.region.base;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, PROT_READ);
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    }
    return status;
}

static int join_keyed(void *state, unsigned member)
{
    const struct revocation *revocation = state;

    (void)member;
    pk_wrpkru(revocation->domain.key.open);
    return 0;
}

static const struct pk_team_work keyed = {.join = join_keyed, .verify = prove_rights, .idle = look};
static const struct pk_team_work plain = {.verify = prove_rights, .idle = look};

static int setup_keyed(void *state, const int64_t *point)
{
    struct revocation *revocation = state;
    int status = pk_domain_map(&revocation->domain, 1, PKEY_DISABLE_WRITE);

    return status ? status : start_threads(revocation, point, &keyed);
}

static int setup_plain(void *state, const int64_t *point)
{
    struct revocation *revocation = state;
    int status = pk_region_map(&revocation->domain.region, 1);

    return status ? status : start_threads(revocation, point, &plain);
}

static int verify_threads(void *state)
{
    return prove_orders(state, give_order, run_threads);
}

static int verify_mprotect(void *state)
{
    struct revocation *revocation = state;
    void *base = revocation->domain.region.base;
    int status = pk_region_audit(&revocation->domain.region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = prove_everyones_rights(revocation, 1);
    if (!status && pk_mprotect(base, pk_page_size(), PROT_READ))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = prove_everyones_rights(revocation, 0);
    if (pk_mprotect(base, pk_page_size(), PROT_READ | PROT_WRITE) && !status)
        status = pk_disprove("mprotect failed");
    if (!status)
        status = prove_everyones_rights(revocation, 1);
    return status ? status : pk_prove_runs(run_mprotect, state);
}

PK_BENCHMARK(revoke_threads) = {
    .family = "switch",
    .name = "revoke-threads",
    .group = "revoke",
    .axes = {THREADS_AXIS},
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .operation = "take the right to write to a page away from all threads and give it back: each thread is told by a "
                 "flag that it polls, changes its rights by WRPKRU, and confirms",
    .state_size = sizeof(struct revocation),
    .setup = setup_keyed,
    .run = run_threads,
    .verify = verify_threads,
    .teardown = teardown,
};

PK_BENCHMARK(revoke_mprotect) = {
    .family = "switch",
    .name = "revoke-mprotect",
    .group = "revoke",
    .axes = {THREADS_AXIS},
    .needs = PK_NEEDS_THREADS,
    .operation = "take the right to write to a page away from all threads and give it back, by mprotect in one thread "
                 "while the others run",
    .state_size = sizeof(struct revocation),
    .setup = setup_plain,
    .run = run_mprotect,
    .verify = verify_mprotect,
    .teardown = teardown,
};
