/* WRPKRU after loads from the L1 cache. */
#define _GNU_SOURCE
#include "shadow.h"

#define LOADS 8

/* The page that is loaded from has key 0. */
struct loads {
    struct shadow shadow;
    struct pk_region page;
};

static inline __attribute__((always_inline)) uint64_t load_lines(uint64_t sum, const char *base)
{
    _Pragma("GCC unroll 8") for (size_t i = 0; i < LOADS; i++) sum = add_loaded(sum, base + i * LINE);
    return sum;
}

SHADOW_LOOP(run_l1_loads, "", result = load_lines(result, base))
SHADOW_LOOP(run_wrpkru_after_l1_loads, PK_WRPKRU, result = load_lines(result, base))

static int setup_l1_loads(void *state, const int64_t *point)
{
    struct loads *loads = state;
    int status = pk_region_map(&loads->page, 1);

    (void)point;
    if (status)
        return status;
    loads->shadow.base = loads->page.base;
    for (size_t i = 0; i < LOADS; i++)
        *(uint64_t *)(loads->page.base + i * LINE) = (uint64_t)1 << 8 * i;
    return 0;
}

static int setup_wrpkru_after_l1_loads(void *state, const int64_t *point)
{
    struct loads *loads = state;
    int status = setup_l1_loads(state, point);

    return status ? status : take_key(&loads->shadow);
}

static void teardown(void *state)
{
    struct loads *loads = state;

    pk_region_unmap(&loads->page);
    pk_domain_unmap(&loads->shadow.keyed);
}

/* Each line holds a 1 in a byte of its own, so the sum of two iterations shows that each line was loaded twice. */
static int prove_loads(struct loads *loads, int (*run)(void *, uint64_t))
{
    uint64_t before = loads->shadow.result, sum;

    run(loads, 2);
    sum = loads->shadow.result - before;
    return sum == 0x0202020202020202 ? 0
                                     : pk_disprove("two iterations loaded a sum of 0x%016llx", (unsigned long long)sum);
}

static int verify_l1_loads(void *state)
{
    return prove_loads(state, run_l1_loads);
}

static int verify_wrpkru_after_l1_loads(void *state)
{
    int status = prove_loads(state, run_wrpkru_after_l1_loads);

    return status ? status : prove_toggles(state, run_wrpkru_after_l1_loads);
}

PK_BENCHMARK(l1_loads) = {
    .family = "instruction",
    .name = "l1-loads",
    .group = "l1-loads",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .state_size = sizeof(struct loads),
    .operation = "8 loads from the L1 cache, each added to a sum, and an exclusive-or of a register: "
                 "wrpkru-after-l1-loads without WRPKRU",
    .setup = setup_l1_loads,
    .run = run_l1_loads,
    .verify = verify_l1_loads,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_after_l1_loads) = {
    .family = "instruction",
    .name = "wrpkru-after-l1-loads",
    .group = "l1-loads",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/l1-loads",
    .state_size = sizeof(struct loads),
    .operation = "one WRPKRU, alternately denying and allowing writing, after 8 loads from the L1 cache",
    .setup = setup_wrpkru_after_l1_loads,
    .run = run_wrpkru_after_l1_loads,
    .verify = verify_wrpkru_after_l1_loads,
    .teardown = teardown,
};
