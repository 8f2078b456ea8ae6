/* The order in which domains are entered. There are three patterns, computed in advance and the same on each run. */
#pragma once

#include <stdint.h>

/* Operations in one iteration. Two of the patterns repeat after this many, so that all iterations are alike. */
#define ACCESSES 64
#define DOMAINS_MAX 1024

/* In the order of the labels of the axis. */
#define PATTERNS "round-robin,zipf,phases"
enum pattern { ROUND_ROBIN, ZIPF, PHASES };

/* A phase cycles through few enough domains that each keeps a key. The next phase uses the next domains. */
#define PHASE_ACCESSES 16
#define PHASE_DOMAINS 4

struct accesses {
    uint16_t domains[ACCESSES + DOMAINS_MAX];
    unsigned length; /* of the sequence, which then starts over */
    unsigned next;
};

/* Newton's method for y^100 = x. It saves linking the mathematics library. */
static inline double hundredth_root(double x)
{
    double root = 1.1; /* above the root of any x below 10000, so Newton's method approaches it from above */

    for (int step = 0; step < 60; step++) {
        double power = 1;

        for (int i = 0; i < 99; i++)
            power *= root;
        root -= (power * root - x) / (100 * power);
    }
    return root;
}

/* A random number from 0 to below 1 (Marsaglia, "Xorshift RNGs", 2003). */
static inline double random_fraction(uint64_t *seed)
{
    *seed ^= *seed << 13;
    *seed ^= *seed >> 7;
    *seed ^= *seed << 17;
    return (double)(*seed >> 11) * 0x1p-53;
}

/* The domain of rank r is entered in proportion to r^-0.99, the exponent of YCSB's skewed workloads (Cooper and
 * others, "Benchmarking cloud serving systems with YCSB", 2010). */
static inline void fill_zipf(struct accesses *accesses, unsigned domains)
{
    double reached[DOMAINS_MAX], sum = 0;
    uint64_t seed = 88172645463325252; /* Marsaglia's seed */

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
    /* Only whole rounds: a partial round would save its first domains an eviction. */
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
