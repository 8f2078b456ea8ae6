/* The fixed overhead of virtualised keys, without keys and pages: take the next domain from the list, look up its
 * place, store. */
#define _GNU_SOURCE
#include "domains.h"

struct bookkeeping {
    struct domains domains;
    struct lru lru;
};

static int setup(void *state, const int64_t *point)
{
    struct bookkeeping *all = state;

    lru_empty(&all->lru, lru_places());
    return domains_map(&all->domains, (unsigned)point[0], 1, (enum pattern)point[1], WRITE);
}

static void teardown(void *state)
{
    struct bookkeeping *all = state;

    pk_regions_unmap(&all->domains.regions);
}

static int run_floor(void *state, uint64_t loops)
{
    struct bookkeeping *all = state;
    char value = all->domains.value;

    PK_REPEAT(loops * ACCESSES) {
        unsigned domain = accesses_next(&all->domains.accesses);
        struct lru_entry entry = lru_enter(&all->lru, domain);

        /* Otherwise the compiler would skip the look-up, because nothing else uses the place. */
        __asm__ volatile("" : : "r"(entry.place));
        *(volatile char *)domain_base(&all->domains, domain) = value;
    }
    return 0;
}

static int verify(void *state)
{
    struct bookkeeping *all = state;
    int status = prove_order(&all->domains, all->lru.places);

    if (!status)
        status = pk_regions_audit(&all->domains.regions, WRITE, 0);
    all->domains.value++;
    all->domains.accesses.next = 0;
    if (!status)
        status = pk_prove_runs(run_floor, state);
    for (unsigned i = 0; i < ACCESSES && !status; i++)
        if (*domain_base(&all->domains, all->domains.accesses.domains[i]) != all->domains.value)
            status = pk_disprove("a store did not happen");
    return status;
}

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

PK_BENCHMARK(lru_floor) = {
    .family = "domains",
    .name = "lru-floor",
    .axes = {DOMAINS_AROUND_KEYS, PATTERN_AXIS},
    .inner_loops = ACCESSES,
    .operation = "look up the place of the next domain as lru does, evicting the least recently entered domain if no "
                 "place is free, and store a byte in unprotected memory",
    .state_size = sizeof(struct bookkeeping),
    .memory = memory,
    .support = domains_support,
    .setup = setup,
    .run = run_floor,
    .verify = verify,
    .teardown = teardown,
};
