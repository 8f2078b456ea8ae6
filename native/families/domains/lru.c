/* More domains than keys. The most recently entered domains have one key each, the others cannot be accessed at all.
 * First described by Soyeon Park and others, "libmpk: software abstraction for Intel memory protection keys", 2019. */
#define _GNU_SOURCE
#include "domains.h"

#include <stdlib.h>

#include "memory/domain.h"

/* An evicted domain has key 0, which every thread holds. Its pages therefore deny every access themselves. */
#define EVICTED PROT_NONE

struct virtualised {
    struct domains domains;
    struct lru lru;
    struct pk_key keys[PK_KEYS_MAX];
    uint32_t open[PK_KEYS_MAX]; /* PKRU that allows one key */
    uint32_t closed;            /* PKRU that allows none of them */
};

/* Give the domain a key if it has none, and allow access. 0 or -errno. */
static inline int enter(struct virtualised *all, unsigned domain)
{
    struct lru_entry entry = lru_enter(&all->lru, domain);
    int status = 0;

    if (entry.moved) {
        if (entry.evicted != LRU_NONE)
            status = domain_tag(&all->domains, entry.evicted, EVICTED, 0);
        status |= domain_tag(&all->domains, domain, WRITE, all->keys[entry.place].number);
    }
    pk_wrpkru(all->open[entry.place]);
    return status;
}

static int run_lru(void *state, uint64_t loops)
{
    struct virtualised *all = state;
    char value = all->domains.value;
    uint32_t closed = all->closed;
    int status = 0;

    PK_REPEAT(loops * ACCESSES) {
        unsigned domain = accesses_next(&all->domains.accesses);

        status |= enter(all, domain);
        *(volatile char *)domain_base(&all->domains, domain) = value;
        pk_wrpkru(closed);
    }
    return status;
}

static int setup_lru(void *state, const int64_t *point)
{
    struct virtualised *all = state;
    unsigned places = lru_places();
    int status = 0;

    for (unsigned i = 0; i < places && !status; i++)
        status = pk_key_take(&all->keys[i], PKEY_DISABLE_ACCESS);
    all->closed = pk_rdpkru();
    for (unsigned i = 0; i < places; i++)
        all->open[i] = pk_pkru_with(all->closed, all->keys[i].number, 0);
    lru_empty(&all->lru, places);
    return status ? status
                  : domains_map(&all->domains, (unsigned)point[0], (size_t)point[1], (enum pattern)point[2], EVICTED);
}

static void teardown_lru(void *state)
{
    struct virtualised *all = state;

    pk_regions_unmap(&all->domains.regions);
    for (unsigned i = PK_KEYS_MAX; i-- > 0;)
        pk_key_give_back(&all->keys[i]);
}

/* A store is refused by the domain's own key, or by its pages if it has no key. */
static int prove_closed(const struct virtualised *all, unsigned domain)
{
    uint16_t place = all->lru.place_of[domain];

    return pk_prove_refused(PK_STORE, domain_base(&all->domains, domain),
                            place == LRU_NONE ? 0 : all->keys[place].number);
}

static int prove_all_closed(const struct virtualised *all)
{
    int status = 0;

    for (unsigned i = 0; i < all->domains.regions.count && !status; i++)
        status = prove_closed(all, i);
    return status;
}

/* While one domain is open, all others with a key are closed, and so is the one that just lost its key. */
static int prove_others_closed(const struct virtualised *all, unsigned entered, unsigned evicted)
{
    int status = evicted == LRU_NONE ? 0 : prove_closed(all, evicted);

    for (unsigned i = 0; i < all->lru.places && !status; i++) {
        unsigned other = all->lru.domain_at[i];

        if (other != LRU_NONE && other != entered)
            status = prove_closed(all, other);
    }
    return status;
}

/* The domain that is evicted if this one needs a key. */
static unsigned victim(const struct lru *lru, unsigned domain)
{
    return lru->place_of[domain] == LRU_NONE ? lru->domain_at[lru->newer[lru->newest]] : LRU_NONE;
}

static int prove_step(struct virtualised *all, unsigned domain)
{
    const struct pk_region *region = &all->domains.regions.at[domain];
    unsigned evicted = victim(&all->lru, domain);
    int status = prove_closed(all, domain);

    if (!status && enter(all, domain))
        status = pk_disprove("a domain cannot be given a key");
    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base + pk_region_length(region) - 1);
    if (!status)
        status = prove_others_closed(all, domain, evicted);
    pk_wrpkru(all->closed);
    return status ? status : prove_closed(all, domain);
}

/* Check in smaps the domain last entered, and all domains without a key. */
static int prove_pages(const struct virtualised *all, unsigned entered)
{
    const struct pk_regions *regions = &all->domains.regions;
    struct pk_regions without = {.at = calloc(regions->count, sizeof *without.at)};
    int status = 0;

    if (!without.at)
        return pk_error(ENOMEM, "allocate a list of regions");
    for (unsigned i = 0; i < regions->count; i++)
        if (all->lru.place_of[i] == LRU_NONE)
            without.at[without.count++] = regions->at[i];
    if (without.count)
        status = pk_regions_audit(&without, EVICTED, 0);
    free(without.at);
    return status ? status
                  : pk_region_audit(&regions->at[entered], WRITE, all->keys[all->lru.place_of[entered]].number);
}

/* Make enough accesses to give away each key about twice, then check all domains. */
static int prove_steps(struct virtualised *all)
{
    struct accesses accesses = all->domains.accesses;
    unsigned domain = 0;
    int status = 0;

    accesses.next = 0;
    for (unsigned i = 0; i < 2 * all->lru.places + 1 && !status; i++) {
        domain = accesses_next(&accesses);
        status = prove_step(all, domain);
    }
    if (!status)
        status = prove_all_closed(all);
    return status ? status : prove_pages(all, domain);
}

/* Read each domain that the pattern enters, giving it a key if necessary. */
static int prove_stored(struct virtualised *all)
{
    for (unsigned i = 0; i < ACCESSES; i++) {
        unsigned domain = accesses_next(&all->domains.accesses);
        char found;

        if (enter(all, domain))
            return pk_disprove("a domain cannot be given a key");
        found = *(volatile char *)domain_base(&all->domains, domain);
        pk_wrpkru(all->closed);
        if (found != all->domains.value)
            return pk_disprove("the store into domain %u did not happen", domain);
    }
    return 0;
}

/* Ends after as many accesses as one iteration makes, so that the timed loop continues from there. */
static int verify_lru(void *state)
{
    struct virtualised *all = state;
    int status = prove_order(&all->domains, all->lru.places);

    if (!status)
        status = prove_steps(all);
    all->domains.value++;
    all->domains.accesses.next = 0;
    if (!status)
        status = pk_prove_runs(run_lru, state);
    if (!status)
        status = prove_all_closed(all);
    all->domains.accesses.next = 0;
    return status ? status : prove_stored(all);
}

PK_BENCHMARK(lru) = {
    .family = "domains",
    .name = "lru",
    .group = "domains",
    .headline = 1,
    .needs = PK_NEEDS_KEYS,
    .axes = {DOMAINS_AROUND_KEYS, DOMAIN_PAGES_AXIS, PATTERN_AXIS},
    .inner_loops = ACCESSES,
    .floor = "domains/lru-floor",
    .operation = "allow writing to one of many domains by its own key, store a byte, deny writing; if the domain has "
                 "no key, take one by pkey_mprotect from the least recently entered domain",
    .count = count_evictions,
    .counted = "evictions",
    .state_size = sizeof(struct virtualised),
    .memory = domains_memory,
    .support = domains_support,
    .setup = setup_lru,
    .run = run_lru,
    .verify = verify_lru,
    .teardown = teardown_lru,
};
