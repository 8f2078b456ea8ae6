/* WRPKRU after a load that misses the cache. */
#define _GNU_SOURCE
#include "caches.h"
#include "shadow.h"

/* Size of the ring, as a multiple of the cache that must miss. A cache keeps little of a ring that is this much
 * larger. */
#define TIMES 4
/* The proof walks only the beginning of a longer ring. */
#define WALK_MOST ((uint64_t)1 << 16)

enum { L2, L3, MEMORY };

/* A ring of pointers, one in each cache line, in an order that no prefetcher predicts. */
struct miss {
    struct shadow shadow;
    struct pk_region ring;
    uint64_t lines;
};

/* Size in bytes of a ring that does not fit in the caches before this level: a power of two, or 0 if the size of a
 * cache is unknown. */
static uint64_t ring_size(int64_t level)
{
    uint64_t missed = cache_size(level == L2 ? 1 : level == L3 ? 2 : 3), size = LINE;

    if (!missed)
        return 0;
    while (size < TIMES * missed)
        size *= 2;
    return size;
}

static uint64_t memory(const int64_t *point)
{
    return ring_size(point[0]);
}

static int support(const int64_t *point)
{
    unsigned missed = (unsigned)point[0] + 1, hit = missed + 1;
    uint64_t size = ring_size(point[0]);

    if (!size)
        return pk_skip("CPUID does not report the size of the L%u cache, which the load has to miss", missed);
    if (point[0] == MEMORY)
        return 0;
    if (!cache_size(hit))
        return pk_skip("CPUID does not report the size of the L%u cache, which the load has to hit", hit);
    return size <= cache_size(hit)
               ? 0
               : pk_skip(
                     "the L%u cache has only %llu bytes: too few for a ring that misses the L%u cache of %llu bytes",
                     hit, (unsigned long long)cache_size(hit), missed, (unsigned long long)cache_size(missed));
}

/* A linear congruential generator with the constants of Knuth's MMIX. Modulo a power of two it has full period,
 * because the increment is odd and the factor is one more than a multiple of 4 (Knuth, The Art of Computer
 * Programming 2, 3.2.1.2, theorem A). */
static uint64_t follow(uint64_t line, uint64_t lines)
{
    return (line * 6364136223846793005u + 1442695040888963407u) & (lines - 1);
}

static uint64_t address_of(const struct miss *miss, uint64_t line)
{
    return (uint64_t)(uintptr_t)(miss->ring.base + line * LINE);
}

static uint64_t load(uint64_t address)
{
    return *(const volatile uint64_t *)(uintptr_t)address;
}

SHADOW_LOOP(run_miss, "", result = load(result))
SHADOW_LOOP(run_wrpkru_after_miss, PK_WRPKRU, result = load(result))

static int setup_miss(void *state, const int64_t *point)
{
    struct miss *miss = state;
    uint64_t size = ring_size(point[0]);
    int status = pk_region_map(&miss->ring, size / pk_page_size());

    if (status)
        return status;
    miss->lines = size / LINE;
    for (uint64_t line = 0; line < miss->lines; line++)
        *(uint64_t *)(uintptr_t)address_of(miss, line) = address_of(miss, follow(line, miss->lines));
    miss->shadow.result = address_of(miss, 0);
    return 0;
}

static int setup_wrpkru_after_miss(void *state, const int64_t *point)
{
    struct miss *miss = state;
    int status = setup_miss(state, point);

    return status ? status : take_key(&miss->shadow);
}

static void teardown(void *state)
{
    struct miss *miss = state;

    pk_region_unmap(&miss->ring);
    pk_domain_unmap(&miss->shadow.keyed);
}

/* The ring returns to its start after exactly as many loads as it has lines. */
static int prove_ring(const struct miss *miss)
{
    uint64_t first = address_of(miss, 0), at = first;

    for (uint64_t loads = 1; loads <= miss->lines && loads <= WALK_MOST; loads++) {
        at = load(at);
        if ((at == first) != (loads == miss->lines))
            return pk_disprove("after %llu loads, the ring of %llu lines is %s", (unsigned long long)loads,
                               (unsigned long long)miss->lines, at == first ? "where it began" : "elsewhere");
    }
    return 0;
}

/* Each iteration moves one step along the ring. */
static int prove_step(struct miss *miss, int (*run)(void *, uint64_t))
{
    uint64_t expected = load(miss->shadow.result);

    run(miss, 1);
    return miss->shadow.result == expected ? prove_ring(miss)
                                           : pk_disprove("one iteration does not follow one pointer");
}

static int verify_miss(void *state)
{
    return prove_step(state, run_miss);
}

static int verify_wrpkru_after_miss(void *state)
{
    int status = prove_step(state, run_wrpkru_after_miss);

    return status ? status : prove_toggles(state, run_wrpkru_after_miss);
}

#define LEVEL_AXIS                                                                                             \
    {                                                                                                          \
        .name = "level", .meaning = "cache level, or memory, that answers the load", .labels = "L2,L3,memory", \
        .points = "L2,L3,memory", .quick = "L2"                                                                \
    }

PK_BENCHMARK(miss) = {
    .family = "instruction",
    .name = "miss",
    .axes = {LEVEL_AXIS},
    .group = "miss",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .state_size = sizeof(struct miss),
    .memory = memory,
    .support = support,
    .operation = "one load of a pointer to the next line, which misses all caches before this level, and an "
                 "exclusive-or of a register: wrpkru-after-miss without WRPKRU",
    .setup = setup_miss,
    .run = run_miss,
    .verify = verify_miss,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_after_miss) = {
    .family = "instruction",
    .name = "wrpkru-after-miss",
    .axes = {LEVEL_AXIS},
    .group = "miss",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/miss",
    .state_size = sizeof(struct miss),
    .memory = memory,
    .support = support,
    .operation =
        "one WRPKRU, alternately denying and allowing writing, after a load that misses all caches before this level",
    .setup = setup_wrpkru_after_miss,
    .run = run_wrpkru_after_miss,
    .verify = verify_wrpkru_after_miss,
    .teardown = teardown,
};
