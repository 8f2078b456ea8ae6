/* Which domain is entered next, in three patterns: worked out beforehand, and the same each time. */
#pragma once

#include <stdint.h>

/* Operations in one iteration. Two of the patterns repeat after so many: every iteration is then like the one before.
 */
#define ACCESSES 64
#define DOMAINS_MAX 1024

/* In the order of the labels of the axis. */
#define PATTERNS "round-robin,zipf,phases"
enum pattern { ROUND_ROBIN, ZIPF, PHASES };

/* A phase goes round so few domains that they find room in the keys together; the next phase has the next ones. */
#define PHASE_ACCESSES 16
#define PHASE_DOMAINS 4

struct accesses {
    uint16_t domains[ACCESSES + DOMAINS_MAX];
    unsigned length; /* after which the first follows */
    unsigned next;
};

/* Newton's method for y^100 = x: the mathematics library would be needed for nothing else. */
static inline double hundredth_root(double x)
{
    double root = 1.1; /* more than it is for any x below 10000, so that it is approached from above */

    for (int step = 0; step < 60; step++) {
        double power = 1;

        for (int i = 0; i < 99; i++)
            power *= root;
        root -= (power * root - x) / (100 * power);
    }
    return root;
}

/* Marsaglia, "Xorshift RNGs", 2003: 0 or more, less than 1. */
static inline double random_fraction(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) * 0x1p-53;
}

/* The domain of rank r is entered in proportion to r^-0.99: the exponent that YCSB's skewed workloads have (Cooper and
 * others, "Benchmarking cloud serving systems with YCSB", 2010). */
static inline void fill_zipf(struct accesses *accesses, unsigned domains)
{
    double reached[DOMAINS_MAX], sum = 0;
    uint64_t seed = 88172645463325252; /* Marsaglia's */

    for (unsigned i = 0; i < domains; i++)
        reached[i] = sum += hundredth_root(i + 1) / (i + 1);
    for (unsigned i = 0; i < ACCESSES; i++) {
        double drawn = random_fraction(&seed) * sum;
        unsigned domain = 0;

        while (domain < domains - 1 && reached[domain] <= drawn)
            domain++;
        accesses->domains[i] = (uint16_t)domain;
    }
}

static inline void accesses_fill(struct accesses *accesses, enum pattern pattern, unsigned domains)
{
    unsigned rounds = (ACCESSES - 1) / domains + 1;

    accesses->next = 0;
    /* Only whole rounds: one cut short would spare the domains at its beginning an eviction. */
    accesses->length = pattern == ROUND_ROBIN ? rounds * domains : ACCESSES;
    if (pattern == ZIPF) {
        fill_zipf(accesses, domains);
        return;
    }
    for (unsigned i = 0; i < accesses->length; i++) {
        unsigned step = pattern == ROUND_ROBIN ? i : i / PHASE_ACCESSES * PHASE_DOMAINS + i % PHASE_DOMAINS;

        accesses->domains[i] = (uint16_t)(step % domains);
    }
}

static inline unsigned accesses_next(struct accesses *accesses)
{
    unsigned domain = accesses->domains[accesses->next];

    accesses->next = accesses->next + 1 == accesses->length ? 0 : accesses->next + 1;
    return domain;
}
