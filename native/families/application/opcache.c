/* A shared memory segment that is write-protected except while a request updates it, like PHP's opcache with
 * protect_memory. mprotect opens it to the whole process, WRPKRU to one thread. The unprotected twin is the fixed
 * overhead (floor) of the others. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "guard.h"

#define UPDATE_BYTES 100

struct opcache {
    struct guard guard;
    char *place; /* of the update: in the middle of the segment */
    char update[UPDATE_BYTES];
};

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] << 20;
}

static int map_shared(struct pk_region *region, size_t pages)
{
    size_t page = pk_page_size(), length = pages * page;
    int status = pk_region_reserve(region, pages);

    if (status)
        return status;
    if (mmap(region->base, length, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED)
        return pk_error(errno, "map the segment");
    /* This fails only if the kernel has no huge pages. */
    madvise(region->base, length, MADV_NOHUGEPAGE);
    for (size_t i = 0; i < length; i += page)
        ((volatile char *)region->base)[i] = 0;
    return 0;
}

static int set_up(struct opcache *cache, const int64_t *point, enum way way)
{
    int status = map_shared(&cache->guard.domain.region, (size_t)memory(point) / pk_page_size());

    if (!status)
        status = guard_begin(&cache->guard, way, PKEY_DISABLE_WRITE);
    cache->place = cache->guard.domain.region.base + memory(point) / 2;
    return status;
}

static void teardown(void *state)
{
    struct opcache *cache = state;

    guard_unmap(&cache->guard);
}

__attribute__((always_inline)) static inline int serve(struct opcache *cache, uint64_t loops, enum way way)
{
    const struct guard guard = cache->guard;
    char *place = cache->place;
    int status = 0;

    PK_REPEAT(loops) {
        status |= guard_open(&guard, way);
        memcpy(place, cache->update, UPDATE_BYTES);
        status |= guard_close(&guard, way);
    }
    return status;
}

/* Each proof uses another update. */
static int prove(struct opcache *cache, int (*run)(void *state, uint64_t loops))
{
    const char *middle = cache->guard.domain.region.base + cache->guard.length / 2;
    int status;

    for (int i = 0; i < UPDATE_BYTES; i++)
        cache->update[i] = (char)(middle[i] + 1);
    status = guard_prove_request(&cache->guard, run, cache);
    if (status)
        return status;
    return memcmp(middle, cache->update, UPDATE_BYTES) ? pk_disprove("the segment was not updated") : 0;
}

#define OPCACHE(identifier, text, way, key_needs, lower, sentence) \
    GUARD_FUNCTIONS(identifier, way)                               \
    PK_BENCHMARK(opcache_##identifier) = {                         \
        .family = "application",                                   \
        .name = text,                                              \
        .group = "opcache",                                        \
        .floor = lower,                                            \
        .needs = key_needs,                                        \
        .axes = {{.name = "mib",                                   \
                  .meaning = "size of the shared segment in MiB",  \
                  .points = "4,64",                                \
                  .quick = "4",                                    \
                  .more = "256"}},                                 \
        .operation = sentence,                                     \
        .state_size = sizeof(struct opcache),                      \
        .memory = memory,                                          \
        .setup = setup_##identifier,                               \
        .run = run_##identifier,                                   \
        .verify = verify_##identifier,                             \
        .teardown = teardown,                                      \
    };

#define TWIN "application/opcache-unprotected"

OPCACHE(unprotected, "opcache-unprotected", UNPROTECTED, 0, "instruction/empty-loop",
        "update 100 bytes of a shared segment that is always writable")
OPCACHE(key, "opcache-key", BY_KEY, PK_NEEDS_KEYS, TWIN,
        "allow writing to a shared segment in this thread by WRPKRU, update 100 bytes, deny writing by WRPKRU")
OPCACHE(
    mprotect, "opcache-mprotect", BY_MPROTECT, 0, TWIN,
    "make a whole shared segment writable in the process by mprotect, update 100 bytes, make it read-only by mprotect")
