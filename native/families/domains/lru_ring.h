/* Which domain has which key when there are fewer keys than domains: the least recently entered domain gives up its
 * key. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "accesses.h"
#include "benchmark.h"

#define LRU_NONE UINT16_MAX

/* A ring of places, one for each key, ordered by last use. Each operation takes constant time. */
struct lru {
    unsigned places;
    uint16_t newest;
    uint16_t older[PK_KEYS_MAX], newer[PK_KEYS_MAX]; /* the oldest follows the newest */
    uint16_t domain_at[PK_KEYS_MAX];
    uint16_t place_of[DOMAINS_MAX];
};

/* The result of entering a domain. */
struct lru_entry {
    unsigned place;
    bool moved;       /* it had no place before */
    unsigned evicted; /* the domain that lost the place; LRU_NONE if it was free */
};

static inline void lru_empty(struct lru *lru, unsigned places)
{
    lru->places = places;
    lru->newest = 0;
    for (unsigned i = 0; i < places; i++) {
        lru->newer[i] = (uint16_t)((i + 1) % places);
        lru->older[i] = (uint16_t)((i + places - 1) % places);
        lru->domain_at[i] = LRU_NONE;
    }
    for (unsigned i = 0; i < DOMAINS_MAX; i++)
        lru->place_of[i] = LRU_NONE;
}

static inline void lru_make_newest(struct lru *lru, uint16_t place)
{
    uint16_t newest = lru->newest, oldest = lru->newer[newest];

    lru->newest = place;
    if (place == newest || place == oldest)
        return;
    lru->older[lru->newer[place]] = lru->older[place];
    lru->newer[lru->older[place]] = lru->newer[place];
    lru->older[place] = newest;
    lru->newer[place] = oldest;
    lru->newer[newest] = place;
    lru->older[oldest] = place;
}

static inline struct lru_entry lru_enter(struct lru *lru, unsigned domain)
{
    uint16_t place = lru->place_of[domain];
    struct lru_entry entry = {.place = place, .evicted = LRU_NONE};

    if (place == LRU_NONE) {
        place = lru->newer[lru->newest];
        entry = (struct lru_entry){.place = place, .moved = true, .evicted = lru->domain_at[place]};
        if (entry.evicted != LRU_NONE)
            lru->place_of[entry.evicted] = LRU_NONE;
        lru->domain_at[place] = (uint16_t)domain;
        lru->place_of[domain] = place;
    }
    lru_make_newest(lru, place);
    return entry;
}
