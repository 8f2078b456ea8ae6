/* What the benchmarks of this family share: the regions of all domains, and the order in which they are entered. */
#pragma once

#include <stdbool.h>

#include "accesses.h"
#include "benchmark.h"
#include "cpu/pkey.h"
#include "lru_ring.h"
#include "memory/region.h"
#include "memory/trap.h"

#define WRITE (PROT_READ | PROT_WRITE)

/* Points around the number of keys, where keys run out. Benchmarks without keys run fewer of them. */
#define DOMAINS_AXIS(standard_points, more_points)                                                               \
    {                                                                                                            \
        .name = "domains", .meaning = "number of domains, entered one after another", .points = standard_points, \
        .more = more_points, .quick = "8,16"                                                                     \
    }
#define DOMAINS_AROUND_KEYS DOMAINS_AXIS("8,14-17,32,64,256", NULL)
#define DOMAINS_FEW DOMAINS_AXIS("8,16,64,256", "14,15,17,32")
#define DOMAIN_PAGES_AXIS                                                                               \
    {                                                                                                   \
        .name = "pages", .meaning = "resident 4 KiB pages in each domain", .points = "1", .quick = "1", \
        .more = "16,512"                                                                                \
    }
#define PATTERN_AXIS                                                                                \
    {                                                                                               \
        .name = "pattern", .meaning = "the order in which domains are entered", .labels = PATTERNS, \
        .points = "round-robin,zipf", .quick = "round-robin", .more = "phases"                      \
    }

struct domains {
    struct pk_regions regions;
    size_t length; /* of each region, in bytes */
    struct accesses accesses;
    char value; /* what is stored into each domain */
};

static inline uint64_t domains_memory(const int64_t *point)
{
    return (uint64_t)point[0] * (uint64_t)point[1] * pk_page_size();
}

static inline int domains_support(const int64_t *point)
{
    return point[0] <= DOMAINS_MAX ? 0 : pk_skip("more than %d domains are not supported", DOMAINS_MAX);
}

static inline char *domain_base(const struct domains *domains, unsigned domain)
{
    return domains->regions.at[domain].base;
}

static inline int domain_protect(const struct domains *domains, unsigned domain, int prot)
{
    return pk_mprotect(domain_base(domains, domain), domains->length, prot);
}

static inline int domain_tag(const struct domains *domains, unsigned domain, int prot, int pkey)
{
    return pk_pkey_mprotect(domain_base(domains, domain), domains->length, prot, pkey);
}

/* Map the regions with this protection. 0, PK_SKIPPED or -errno; pk_regions_unmap follows in each case. */
static inline int domains_map(struct domains *domains, unsigned count, size_t pages, enum pattern pattern, int prot)
{
    int status = pk_regions_map(&domains->regions, count, pages);

    domains->length = pages * pk_page_size();
    accesses_fill(&domains->accesses, pattern, count);
    for (unsigned i = 0; i < count && !status && prot != WRITE; i++)
        if ((status = domain_protect(domains, i, prot)))
            status = pk_error(-status, "protect a domain");
    return status;
}

/* The number of available keys; without keys, the number that there would be. */
static inline unsigned lru_places(void)
{
    unsigned keys = pk_machine_probe()->keys;

    return keys ? keys : PK_KEYS_MAX - 1;
}

/* Mean evictions per access, once every key has been given out. */
static inline double count_evictions(const int64_t *point)
{
    struct accesses accesses;
    struct lru lru;
    unsigned evictions = 0;

    lru_empty(&lru, lru_places());
    accesses_fill(&accesses, (enum pattern)point[2], (unsigned)point[0]);
    for (unsigned i = 0; i < accesses.length; i++)
        lru_enter(&lru, accesses_next(&accesses));
    for (unsigned i = 0; i < ACCESSES; i++)
        evictions += lru_enter(&lru, accesses_next(&accesses)).evicted != LRU_NONE;
    return (double)evictions / ACCESSES;
}

/* Prove that each eviction takes the key of the domain that was entered least recently. The proof uses the number of
 * each domain's last access, not the ring. */
static inline int prove_order(const struct domains *domains, unsigned places)
{
    struct accesses accesses = domains->accesses;
    unsigned entered[DOMAINS_MAX] = {0};
    struct lru lru;

    lru_empty(&lru, places);
    accesses.next = 0;
    for (unsigned i = 1; i <= accesses.length; i++) {
        unsigned domain = accesses_next(&accesses), evicted = lru_enter(&lru, domain).evicted;

        entered[domain] = i;
        for (unsigned place = 0; evicted != LRU_NONE && place < places; place++)
            if (lru.domain_at[place] == LRU_NONE || entered[lru.domain_at[place]] < entered[evicted])
                return pk_disprove("a domain was evicted that was not the least recently entered one");
        if (lru.place_of[domain] >= places || lru.domain_at[lru.place_of[domain]] != domain)
            return pk_disprove("a domain was entered and has no place");
    }
    return 0;
}
