/* A buffer of coverage counters, protected from the program under test and opened only to read them, as syzkaller's
 * executor does. The unprotected twin is the fixed overhead (floor) of the others. */
#define _GNU_SOURCE
#include "guard.h"

struct coverage {
    struct guard guard;
    size_t counters;
    uint64_t sum; /* of the counters read */
};

static size_t pages_at(const int64_t *point)
{
    return ((size_t)point[0] + pk_page_size() - 1) / pk_page_size();
}

static uint64_t memory(const int64_t *point)
{
    return pages_at(point) * pk_page_size();
}

static int support(const int64_t *point)
{
    return point[0] % (int64_t)sizeof(uint64_t) == 0
               ? 0
               : pk_skip("a counter has 8 bytes, and %lld is not a multiple of 8", (long long)point[0]);
}

/* Not inlined, because a compiler could otherwise generate a different loop for each way of protection. */
__attribute__((noinline)) static uint64_t read_and_reset(uint64_t *counters, size_t count)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < count; i++) {
        sum += counters[i];
        counters[i] = 0;
    }
    return sum;
}

static int set_up(struct coverage *coverage, const int64_t *point, enum way way)
{
    coverage->counters = (size_t)point[0] / sizeof(uint64_t);
    return guard_map(&coverage->guard, way, pages_at(point), PKEY_DISABLE_WRITE);
}

static void teardown(void *state)
{
    struct coverage *coverage = state;

    guard_unmap(&coverage->guard);
}

__attribute__((always_inline)) static inline int serve(struct coverage *coverage, uint64_t loops, enum way way)
{
    const struct guard guard = coverage->guard;
    uint64_t *counters = (uint64_t *)guard.domain.region.base, sum = 0;
    size_t count = coverage->counters;
    int status = 0;

    PK_REPEAT(loops) {
        status |= guard_open(&guard, way);
        sum += read_and_reset(counters, count);
        status |= guard_close(&guard, way);
    }
    coverage->sum = sum;
    return status;
}

static int count_something(const struct coverage *coverage)
{
    uint64_t *counters = (uint64_t *)coverage->guard.domain.region.base;
    int status = guard_open(&coverage->guard, coverage->guard.way);

    if (!status)
        status = pk_prove_allowed(PK_STORE, coverage->guard.domain.region.base);
    for (size_t i = 0; i < coverage->counters && !status; i++)
        counters[i] = i + 1;
    return status ? status : guard_close(&coverage->guard, coverage->guard.way);
}

/* All counts have been read, and the counters are 0 again. */
static int prove(struct coverage *coverage, int (*run)(void *state, uint64_t loops))
{
    const uint64_t *counters = (const uint64_t *)coverage->guard.domain.region.base;
    uint64_t count = coverage->counters;
    int status = guard_prove_closed(&coverage->guard);

    if (!status)
        status = count_something(coverage);
    if (!status)
        status = guard_prove_request(&coverage->guard, run, coverage);
    if (status)
        return status;
    if (coverage->sum != count * (count + 1) / 2)
        return pk_disprove("not all counters were read");
    for (size_t i = 0; i < count; i++)
        if (counters[i])
            return pk_disprove("counter %zu was not reset", i);
    return 0;
}

#define COVERAGE(identifier, text, way, key_needs, lower, sentence)                   \
    GUARD_FUNCTIONS(identifier, way)                                                  \
    PK_BENCHMARK(coverage_##identifier) = {                                           \
        .family = "application",                                                      \
        .name = text,                                                                 \
        .group = "coverage",                                                          \
        .floor = lower,                                                               \
        .needs = key_needs,                                                           \
        .axes = {{.name = "bytes",                                                    \
                  .meaning = "size of the buffer in bytes; each counter has 8 bytes", \
                  .points = "64,4096,65536",                                          \
                  .quick = "4096",                                                    \
                  .more = "1048576"}},                                                \
        .operation = sentence,                                                        \
        .state_size = sizeof(struct coverage),                                        \
        .memory = memory,                                                             \
        .support = support,                                                           \
        .setup = setup_##identifier,                                                  \
        .run = run_##identifier,                                                      \
        .verify = verify_##identifier,                                                \
        .teardown = teardown,                                                         \
    };

#define TWIN "application/coverage-unprotected"

COVERAGE(unprotected, "coverage-unprotected", UNPROTECTED, 0, "instruction/empty-loop",
         "read and reset coverage counters that are always writable")
COVERAGE(key, "coverage-key", BY_KEY, PK_NEEDS_KEYS, TWIN,
         "allow writing to coverage counters by WRPKRU, read and reset them, deny writing by WRPKRU")
COVERAGE(mprotect, "coverage-mprotect", BY_MPROTECT, 0, TWIN,
         "make coverage counters writable by mprotect, read and reset them, make them read-only by mprotect")
