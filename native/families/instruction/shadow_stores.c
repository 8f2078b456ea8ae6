/* WRPKRU after stores that may still be in the store buffer. */
#define _GNU_SOURCE
#include <string.h>

#include "shadow.h"

/* The page that is stored to has key 0. */
struct stores {
    struct shadow shadow;
    struct pk_region page;
};

/* Each store has its own cache line, so that no CPU merges two of them. */
#define PRAGMA(text) _Pragma(#text)
#define STORE(count) \
    PRAGMA(GCC unroll count) for (size_t i = 0; i < count; i++) * (volatile uint64_t *)(base + i * LINE) = left_

SHADOW_LOOP(run_stores_1, "", STORE(1))
SHADOW_LOOP(run_stores_8, "", STORE(8))
SHADOW_LOOP(run_stores_32, "", STORE(32))
SHADOW_LOOP(run_stores_56, "", STORE(56))
SHADOW_LOOP(run_wrpkru_after_stores_1, PK_WRPKRU, STORE(1))
SHADOW_LOOP(run_wrpkru_after_stores_8, PK_WRPKRU, STORE(8))
SHADOW_LOOP(run_wrpkru_after_stores_32, PK_WRPKRU, STORE(32))
SHADOW_LOOP(run_wrpkru_after_stores_56, PK_WRPKRU, STORE(56))

static const struct written_out written_out[] = {
    {1, run_stores_1, run_wrpkru_after_stores_1},
    {8, run_stores_8, run_wrpkru_after_stores_8},
    {32, run_stores_32, run_wrpkru_after_stores_32},
    {56, run_stores_56, run_wrpkru_after_stores_56},
    {0, NULL, NULL},
};

static int support(const int64_t *point)
{
    return support_written_out(written_out, point[0]);
}

static int setup_stores(void *state, const int64_t *point)
{
    struct stores *stores = state;
    int status = pk_region_map(&stores->page, 1);

    stores->shadow.base = stores->page.base;
    stores->shadow.count = (size_t)point[0];
    stores->shadow.run = find_written_out(written_out, point[0])->without_wrpkru;
    return status;
}

static int setup_wrpkru_after_stores(void *state, const int64_t *point)
{
    struct stores *stores = state;
    int status = setup_stores(state, point);

    stores->shadow.run = find_written_out(written_out, point[0])->with_wrpkru;
    return status ? status : take_key(&stores->shadow);
}

static void teardown(void *state)
{
    struct stores *stores = state;

    pk_region_unmap(&stores->page);
    pk_domain_unmap(&stores->shadow.keyed);
}

/* One iteration writes 1 to as many lines as there are stores, and to no others. */
static int verify_stores(void *state)
{
    struct stores *stores = state;
    struct shadow *shadow = &stores->shadow;

    memset(shadow->base, 0, pk_page_size());
    shadow->run(state, 1);
    for (size_t i = 0; i < pk_page_size() / LINE; i++) {
        uint64_t value = *(volatile uint64_t *)(shadow->base + i * LINE);

        if (value != (i < shadow->count))
            return pk_disprove("line %zu holds %llu after %zu stores", i, (unsigned long long)value, shadow->count);
    }
    return 0;
}

static int verify_wrpkru_after_stores(void *state)
{
    struct stores *stores = state;
    int status = verify_stores(state);

    return status ? status : prove_toggles(&stores->shadow, stores->shadow.run);
}

#define STORES_AXIS                                                                                                  \
    {                                                                                                                \
        .name = "stores", .meaning = "stores, each to a cache line of its own", .points = "1,8,32,56", .quick = "32" \
    }

PK_BENCHMARK(stores) = {
    .family = "instruction",
    .name = "stores",
    .axes = {STORES_AXIS},
    .group = "stores",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .support = support,
    .state_size = sizeof(struct stores),
    .operation = "stores that hit the L1 cache, and an exclusive-or of a register: wrpkru-after-stores without WRPKRU",
    .setup = setup_stores,
    .run = time_chosen,
    .verify = verify_stores,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_after_stores) = {
    .family = "instruction",
    .name = "wrpkru-after-stores",
    .axes = {STORES_AXIS},
    .group = "stores",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/stores",
    .support = support,
    .operation =
        "one WRPKRU, alternately denying and allowing writing, after stores that may still be in the store buffer",
    .state_size = sizeof(struct stores),
    .setup = setup_wrpkru_after_stores,
    .run = time_chosen,
    .verify = verify_wrpkru_after_stores,
    .teardown = teardown,
};
