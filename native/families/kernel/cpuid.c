/* CPUID, which makes a virtual machine exit to its hypervisor. Linux's hypervisor, KVM, writes PKRU on exit and on
 * entry unless host and guest have the same value. */
#include "benchmark.h"
#include "cpu/pkey.h"
#include "pkru.h"

struct exits {
    struct pkru pkru;
    uint32_t highest; /* the highest leaf, as CPUID returns it */
};

static int setup_plain(void *state, const int64_t *point)
{
    struct exits *exits = state;
    uint32_t leaf[4];

    (void)point;
    pk_cpuid(0, 0, leaf);
    exits->highest = leaf[0];
    return 0;
}

static int setup(void *state, const int64_t *point)
{
    struct exits *exits = state;

    setup_plain(state, point);
    return pkru_set(&exits->pkru, point[0]);
}

static void teardown_plain(void *state)
{
    (void)state;
}

static void teardown(void *state)
{
    struct exits *exits = state;

    pkru_put_back(&exits->pkru);
}

static int run(void *state, uint64_t loops)
{
    const struct exits *exits = state;
    uint32_t highest = exits->highest, status = 0;

    PK_REPEAT(loops)
        status |= pk_cpuid_highest() ^ highest;
    return status != 0;
}

static int verify_plain(void *state)
{
    const struct exits *exits = state;

    return run(state, 1) ? pk_disprove("CPUID does not return %u as the highest leaf", exits->highest) : 0;
}

static int verify(void *state)
{
    const struct exits *exits = state;
    int status = pkru_prove(&exits->pkru);

    if (!status)
        status = verify_plain(state);
    return status ? status : pkru_prove(&exits->pkru);
}

PK_BENCHMARK(cpuid_plain) = {
    .family = "kernel",
    .name = "cpuid-plain",
    .floor = "instruction/empty-loop",
    .needs = PK_NEEDS_X86,
    .operation = "CPUID, which makes a virtual machine exit to its hypervisor",
    .state_size = sizeof(struct exits),
    .setup = setup_plain,
    .run = run,
    .verify = verify_plain,
    .teardown = teardown_plain,
};

PK_BENCHMARK(cpuid) = {
    .family = "kernel",
    .name = "cpuid",
    .floor = "instruction/empty-loop",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .axes = {PKRU_AXIS("the guest's", "initial,changed,zero")},
    .operation =
        "CPUID, which makes a virtual machine exit to its hypervisor, with a PKRU that may differ from the host's",
    .state_size = sizeof(struct exits),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
