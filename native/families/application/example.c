/* A complete job: the example that introduced the three system calls in 2016 (alloc, tag, open, write, close, unmap,
 * free), measured phase by phase.
 *
 * The example runs once for each available key, all of them side by side. A batch consists of one phase for all keys,
 * so that each phase can be timed without the others. */
#define _GNU_SOURCE
#include "phases.h"

static uint64_t batch(const void *state)
{
    const struct example *example = state;

    return example->count;
}

static int prepare(void *state)
{
    struct example *example = state;

    return example->phase->undo(example);
}

static int run(void *state, uint64_t loops)
{
    struct example *example = state;

    return example->phase->run(example, loops);
}

static int setup_until(struct example *example, const struct phase *phase)
{
    int status = 0;

    example->before = pk_rdpkru();
    example->count = pk_machine_probe()->keys;
    for (unsigned i = 0; i < example->count && !status; i++)
        status = pk_region_map(&example->regions[i], 1);
    example->phase = phase;
    /* Run all phases up to and including this one, which `prepare` then undoes. */
    for (const struct phase *each = phases; each < phases + PHASE_COUNT && !status; each++) {
        status = each->run(example, example->count);
        if (each == phase)
            break;
    }
    return status;
}

static int setup(void *state, const int64_t *point)
{
    return setup_until(state, &phases[point[0]]);
}

/* Run the phases up to storing: all keys are then allocated and open. */
static int setup_floor(void *state, const int64_t *point)
{
    struct example *example = state;
    int status = setup_until(example, &phases[3]);

    (void)point;
    example->phase = &nothing;
    return status;
}

static void teardown(void *state)
{
    struct example *example = state;

    for (unsigned i = 0; i < example->count; i++) {
        pk_region_unmap(&example->regions[i]);
        if (example->keys[i] > 0)
            pk_pkey_free(example->keys[i]); /* harmless: refused if the key was freed before */
    }
    pk_wrpkru(example->before);
}

static int prove_unmapped(char *base)
{
    struct pk_fault fault;
    int status = pk_trap(PK_LOAD, base, &fault);

    if (status)
        return status;
    return fault.happened && fault.code == SEGV_MAPERR ? 0 : pk_disprove("an unmapped page can be read");
}

/* What must hold for one region after a phase. */
static int prove_after(const struct example *example, const struct phase *phase, unsigned i)
{
    const struct pk_region *region = &example->regions[i];
    int pkey = example->keys[i];

    if (phase->run == run_alloc) {
        if (pkey <= 0)
            return pk_disprove("pkey_alloc returned %d", pkey);
        return pk_pkru_rights(pk_rdpkru(), pkey) == PKEY_DISABLE_WRITE ? 0 : pk_disprove("key %d allows writing", pkey);
    }
    if (phase->run == run_tag) {
        int status = pk_region_audit(region, PROT_READ | PROT_WRITE, pkey);
        return status ? status : pk_prove_refused(PK_STORE, region->base, pkey);
    }
    if (phase->run == run_open)
        return pk_prove_allowed(PK_STORE, region->base);
    if (phase->run == run_write)
        return *region->base == (char)example->written ? 0 : pk_disprove("the store did not happen");
    if (phase->run == run_close)
        return pk_prove_refused(PK_STORE, region->base, pkey);
    if (phase->run == run_unmap)
        return prove_unmapped(region->base);
    /* After freeing, the kernel no longer knows the key. */
    return pk_pkey_mprotect(region->base, 0, PROT_READ, pkey) || pk_pkey_free(pkey) == -EINVAL
               ? 0
               : pk_disprove("key %d can still be freed", pkey);
}

/* Run the whole example from the start and prove each phase on each region. Then restore the state that is timed. */
static int verify(void *state)
{
    struct example *example = state, fresh = {.written = 1};
    int status;

    /* The case holds all keys: give them back first. */
    teardown(example);
    fresh.before = example->before;
    fresh.count = example->count;
    status = 0;
    for (unsigned i = 0; i < fresh.count && !status; i++)
        status = pk_region_map(&fresh.regions[i], 1);
    for (unsigned p = 0; p < PHASE_COUNT && !status; p++) {
        if (phases[p].run(&fresh, fresh.count))
            status = pk_disprove("phase %u of the example failed", p + 1);
        for (unsigned i = 0; i < fresh.count && !status; i++)
            status = prove_after(&fresh, &phases[p], i);
    }
    teardown(&fresh);
    if (status)
        return status;
    return example->phase == &nothing ? setup_floor(example, NULL) : setup_until(example, example->phase);
}

PK_BENCHMARK(phoronix_example) = {
    .family = "application",
    .name = "phoronix-example",
    .headline = 1,
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "application/phoronix-floor",
    .axes = {{.name = "phase", .meaning = "phase of the example", .labels = PHASES, .points = PHASES, .quick = PHASES}},
    .operation = "one phase of the example: pkey_alloc with writing denied, pkey_mprotect of a page, allow writing, "
                 "store, deny writing, munmap, pkey_free",
    .state_size = sizeof(struct example),
    .setup = setup,
    .batch = batch,
    .prepare = prepare,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(phoronix_floor) = {
    .family = "application",
    .name = "phoronix-floor",
    .headline = 1,
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .operation = "do nothing, in batches of the same size as those of phoronix-example",
    .state_size = sizeof(struct example),
    .setup = setup_floor,
    .batch = batch,
    .prepare = prepare,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
