#include "fake_calls.h"
#include "wrong.h"

#include "families/domains/lru_ring.h"

static bool evict_newest;

static inline struct lru_entry unfair_enter(struct lru *lru, unsigned domain)
{
    if (evict_newest && lru->place_of[domain] == LRU_NONE)
        lru_make_newest(lru, lru->older[lru->newest]);
    return lru_enter(lru, domain);
}

#define lru_enter unfair_enter

#include "families/domains/floor.c"

static int make_order_unfair(void *state)
{
    (void)state;
    evict_newest = true;
    return 0;
}

static int protect_a_domain(void *state)
{
    const struct bookkeeping *all = state;

    return domain_protect(&all->domains, 0, PROT_READ);
}

static int enter_another(void *state)
{
    struct bookkeeping *all = state;

    all->domains.accesses.length = 1;
    return 0;
}

WRONG_CASES = {
    {"the newest is evicted", "domains/lru-floor/domains:8/pattern:round-robin", "not the least recently entered one",
     make_order_unfair, .pages = 17},
    {"a domain is protected", "domains/lru-floor/*", "the region is r-- instead of rw-", protect_a_domain},
    {"only one domain is entered", "domains/lru-floor/*", "a store did not happen", enter_another},
    {0},
};
