/* WRPKRU before a load. No CPU may do the load with the old rights. */
#define _GNU_SOURCE
#include "shadow.h"

enum { UNKEYED, KEYED, OTHER_KEY, PAGES };

/* The page of the key whose rights change belongs to the shadow. */
struct next {
    struct shadow shadow;
    struct pk_region unkeyed;
    struct pk_domain other;
    int pkey; /* key of the page that is loaded from */
};

SHADOW_LOOP(run_load, "", result = add_loaded(result, base))
SHADOW_LOOP(run_wrpkru_before_load, PK_WRPKRU, result = add_loaded(result, base))

static int setup(void *state, const int64_t *point)
{
    struct next *next = state;
    int status = pk_region_map(&next->unkeyed, 1);

    if (!status)
        status = take_key(&next->shadow);
    if (!status)
        status = pk_domain_map(&next->other, 1, PKEY_DISABLE_WRITE);
    if (status)
        return status;
    /* The values to write leave the other key's rights as they are now. */
    next->shadow.keyed.key.open = pk_pkru_with(pk_rdpkru(), next->shadow.keyed.key.number, 0);
    next->shadow.keyed.key.closed = pk_rdpkru();
    next->shadow.base =
        (char *[PAGES]){next->unkeyed.base, next->shadow.keyed.region.base, next->other.region.base}[point[0]];
    next->pkey = (int[PAGES]){0, next->shadow.keyed.key.number, next->other.key.number}[point[0]];
    return 0;
}

static void teardown(void *state)
{
    struct next *next = state;

    pk_domain_unmap(&next->other);
    pk_domain_unmap(&next->shadow.keyed);
    pk_region_unmap(&next->unkeyed);
}

/* The page has the right key, and its contents are loaded. */
static int prove_load(struct next *next, int (*run)(void *, uint64_t))
{
    struct shadow *shadow = &next->shadow;
    struct pk_region page = {.base = shadow->base, .pages = 1};
    uint64_t before = shadow->result;
    int status = pk_region_audit(&page, PROT_READ | PROT_WRITE, next->pkey);

    if (status)
        return status;
    pk_set_rights(next->pkey, 0);
    *(volatile uint64_t *)shadow->base = 3;
    pk_wrpkru(shadow->keyed.key.closed);
    run(shadow, 2);
    return shadow->result - before == 6 ? 0
                                        : pk_disprove("two iterations loaded a sum of %llu instead of 6",
                                                      (unsigned long long)(shadow->result - before));
}

static int verify_load(void *state)
{
    return prove_load(state, run_load);
}

static int verify_wrpkru_before_load(void *state)
{
    struct next *next = state;
    int status = prove_toggles(&next->shadow, run_wrpkru_before_load);

    return status ? status : prove_load(next, run_wrpkru_before_load);
}

#define NEXT_AXIS                                                                                        \
    {                                                                                                    \
        .name = "next",                                                                                  \
        .meaning = "page that is loaded from: of key 0, of the key whose rights change, of another key", \
        .labels = "unkeyed,keyed,other-key", .points = "unkeyed,keyed,other-key", .quick = "keyed"       \
    }

PK_BENCHMARK(load) = {
    .family = "instruction",
    .name = "load",
    .axes = {NEXT_AXIS},
    .group = "load",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .state_size = sizeof(struct next),
    .operation = "one load from the L1 cache, added to a sum, and an exclusive-or of a register: wrpkru-before-load "
                 "without WRPKRU",
    .setup = setup,
    .run = run_load,
    .verify = verify_load,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_before_load) = {
    .family = "instruction",
    .name = "wrpkru-before-load",
    .axes = {NEXT_AXIS},
    .group = "load",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/load",
    .state_size = sizeof(struct next),
    .operation = "one WRPKRU, alternately denying and allowing writing, and the wait of the load that follows it",
    .setup = setup,
    .run = run_wrpkru_before_load,
    .verify = verify_wrpkru_before_load,
    .teardown = teardown,
};
