#include "fake_calls.h"
#include "wrong.h"

/* Whether an eviction leaves the key where it is, or takes it from the wrong domain. */
static bool keep_evicted, evict_newest;

static inline int forgetful_pkey_mprotect(void *address, size_t length, int prot, int pkey)
{
    return keep_evicted && prot == PROT_NONE ? 0 : fake_pkey_mprotect(address, length, prot, pkey);
}

#undef pk_pkey_mprotect
#define pk_pkey_mprotect forgetful_pkey_mprotect

#include "families/domains/lru_ring.h"

static inline struct lru_entry unfair_enter(struct lru *lru, unsigned domain)
{
    if (evict_newest && lru->place_of[domain] == LRU_NONE)
        lru_make_newest(lru, lru->older[lru->newest]);
    return lru_enter(lru, domain);
}

#define lru_enter unfair_enter

#include "families/domains/lru.c"

static int make_evicting_idle(void *state)
{
    (void)state;
    keep_evicted = true;
    return 0;
}

static int make_order_unfair(void *state)
{
    (void)state;
    evict_newest = true;
    return 0;
}

static int close_nothing(void *state)
{
    struct virtualised *all = state;

    for (unsigned i = 0; i < all->lru.places; i++)
        all->closed &= all->open[i];
    return 0;
}

static int open_another(void *state)
{
    struct virtualised *all = state;

    for (unsigned i = 0; i < all->lru.places; i++)
        all->open[i] = all->open[all->lru.places - 1];
    return 0;
}

/* Drop a page of a domain that is not entered again before the audit. */
static int forget_the_last(void *state)
{
    const struct virtualised *all = state;

    return forget_page(&all->domains.regions.at[all->domains.regions.count - 1]);
}

static int untag(void *state)
{
    struct virtualised *all = state;

    for (unsigned i = 0; i < all->domains.regions.count; i++)
        if (domain_tag(&all->domains, i, WRITE, 0))
            return -EINVAL;
    return 0;
}

/* 17 domains are more than there are keys. */
WRONG_CASES = {
    {"pkey_mprotect does nothing", "domains/lru/domains:8/*/pattern:round-robin",
     "a store that must be allowed faulted", make_pkey_mprotect_idle, .pages = 17},
    {"evicted domains keep their key", "domains/lru/domains:8/*/pattern:round-robin",
     "a store that must fault was allowed", make_evicting_idle, .pages = 17},
    {"the newest is evicted", "domains/lru/domains:8/*/pattern:round-robin", "not the least recently entered one",
     make_order_unfair, .pages = 17},
    {"leaving leaves a domain open", "domains/lru/*", "a store that must fault was allowed", close_nothing},
    {"the wrong key is allowed", "domains/lru/*", "a store that must be allowed faulted", open_another},
    {"a page is not populated", "domains/lru/domains:8/*/pattern:round-robin", "of the region are resident",
     forget_the_last, .pages = 200},
    {"all domains have key 0", "domains/lru/*", "a store that must fault was allowed", untag},
    {0},
};
