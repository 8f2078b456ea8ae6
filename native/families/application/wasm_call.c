/* A call into a WebAssembly sandbox that calls its host once, as in a pool whose adjacent slots have different keys.
 * The sandbox can access only its own slot, the host can access all. The unprotected twin is the fixed overhead
 * (floor). */
#define _GNU_SOURCE
#include "guard.h"

#define SLOT_PAGES 16 /* 64 KiB, the smallest WebAssembly memory */
#define LOADS 16

struct instance;
typedef void code(struct instance *instance);

struct instance {
    struct pk_domain slot, adjacent;
    uint32_t inside, outside; /* PKRU in the sandbox, and in the host */
    code *guest;              /* what runs in the sandbox */
    code *call_host;          /* how it calls the host */
    code *host;
    uint64_t sum;   /* of what the guest has loaded */
    uint64_t calls; /* number of calls that the host has answered */
    int proof;      /* result of the probes in guest and host */
};

/* Do half of the loads before calling the host, and half after. */
static void compute(struct instance *instance)
{
    const volatile uint64_t *memory = (const volatile uint64_t *)instance->slot.region.base;

    for (int i = 0; i < LOADS / 2; i++)
        instance->sum += memory[i];
    instance->call_host(instance);
    for (int i = LOADS / 2; i < LOADS; i++)
        instance->sum += memory[i];
}

static void answer(struct instance *instance)
{
    instance->calls++;
}

static void call_host(struct instance *instance)
{
    instance->host(instance);
}

static void call_host_by_key(struct instance *instance)
{
    pk_wrpkru(instance->outside);
    instance->host(instance);
    pk_wrpkru(instance->inside);
}

static int run_unprotected(void *state, uint64_t loops)
{
    struct instance *instance = state;
    code *guest = instance->guest;

    PK_REPEAT(loops)
        guest(instance);
    return 0;
}

static int run_key(void *state, uint64_t loops)
{
    struct instance *instance = state;
    code *guest = instance->guest;
    uint32_t inside = instance->inside, outside = instance->outside;

    PK_REPEAT(loops) {
        pk_wrpkru(inside);
        guest(instance);
        pk_wrpkru(outside);
    }
    return 0;
}

static uint64_t memory(const int64_t *point)
{
    (void)point;
    return 2 * SLOT_PAGES * pk_page_size();
}

static void begin(struct instance *instance, code *call)
{
    instance->guest = compute;
    instance->call_host = call;
    instance->host = answer;
    for (uint64_t i = 0; i < LOADS; i++)
        ((uint64_t *)instance->slot.region.base)[i] = i + 1;
}

static int setup_unprotected(void *state, const int64_t *point)
{
    struct instance *instance = state;
    int status = pk_region_map(&instance->slot.region, SLOT_PAGES);

    (void)point;
    if (!status)
        status = pk_region_map(&instance->adjacent.region, SLOT_PAGES);
    if (!status)
        begin(instance, call_host);
    return status;
}

static int setup_key(void *state, const int64_t *point)
{
    struct instance *instance = state;
    const struct pk_key *own = &instance->slot.key, *other = &instance->adjacent.key;
    int status = pk_domain_map(&instance->slot, SLOT_PAGES, PKEY_DISABLE_ACCESS);

    (void)point;
    if (!status)
        status = pk_domain_map(&instance->adjacent, SLOT_PAGES, PKEY_DISABLE_ACCESS);
    if (status)
        return status;
    instance->inside = pk_pkru_with(other->closed, own->number, 0);
    instance->outside = pk_pkru_with(other->open, own->number, 0);
    pk_wrpkru(instance->outside);
    begin(instance, call_host_by_key);
    return 0;
}

/* Undo the set-up in reverse order: each step restores the PKRU that it found. */
static void teardown(void *state)
{
    struct instance *instance = state;

    pk_domain_unmap(&instance->adjacent);
    pk_domain_unmap(&instance->slot);
}

static int prove_reach(const struct instance *instance, int pkey)
{
    char *adjacent = instance->adjacent.region.base;
    int status = pk_prove_allowed(PK_LOAD, instance->slot.region.base);

    if (status)
        return status;
    return pkey ? pk_prove_refused(PK_LOAD, adjacent, pkey) : pk_prove_allowed(PK_LOAD, adjacent);
}

/* Runs in the sandbox, before and after the call to the host. */
static void probe_inside(struct instance *instance)
{
    int pkey = instance->adjacent.key.number;

    instance->proof = prove_reach(instance, pkey);
    instance->call_host(instance);
    if (!instance->proof)
        instance->proof = prove_reach(instance, pkey);
}

static void probe_host(struct instance *instance)
{
    instance->calls++;
    if (!instance->proof)
        instance->proof = prove_reach(instance, 0);
}

/* Make the timed call with a guest and a host that probe what they can access. */
static int prove_boundaries(struct instance *instance, int (*run)(void *state, uint64_t loops))
{
    instance->guest = probe_inside;
    instance->host = probe_host;
    run(instance, 1);
    instance->guest = compute;
    instance->host = answer;
    return instance->proof ? instance->proof : prove_reach(instance, 0);
}

static int prove(struct instance *instance, int (*run)(void *state, uint64_t loops))
{
    int status = pk_region_audit(&instance->slot.region, PROT_READ | PROT_WRITE, instance->slot.key.number);

    if (!status)
        status = pk_region_audit(&instance->adjacent.region, PROT_READ | PROT_WRITE, instance->adjacent.key.number);
    instance->sum = instance->calls = 0;
    if (!status)
        status = pk_prove_runs(run, instance);
    if (!status && instance->sum != LOADS * (LOADS + 1) / 2)
        status = pk_disprove("the guest has not loaded what its memory holds");
    if (!status && instance->calls != 1)
        status = pk_disprove("the host was called %llu times instead of once", (unsigned long long)instance->calls);
    return status ? status : prove_boundaries(instance, run);
}

static int verify_unprotected(void *state)
{
    return prove(state, run_unprotected);
}

static int verify_key(void *state)
{
    return prove(state, run_key);
}

PK_BENCHMARK(call_unprotected) = {
    .family = "application",
    .name = "wasm-call-unprotected",
    .group = "wasm-call",
    .floor = "instruction/empty-loop",
    .operation = "call a guest that makes 16 loads and one call to its host, with all slots always accessible",
    .state_size = sizeof(struct instance),
    .memory = memory,
    .setup = setup_unprotected,
    .run = run_unprotected,
    .verify = verify_unprotected,
    .teardown = teardown,
};

PK_BENCHMARK(call_key) = {
    .family = "application",
    .name = "wasm-call-key",
    .group = "wasm-call",
    .floor = "application/wasm-call-unprotected",
    .needs = PK_NEEDS_KEYS,
    .operation = "call a guest that makes 16 loads and one call to its host, changing rights by WRPKRU on the way into "
                 "the guest, to the host, back and out",
    .state_size = sizeof(struct instance),
    .memory = memory,
    .setup = setup_key,
    .run = run_key,
    .verify = verify_key,
    .teardown = teardown,
};
