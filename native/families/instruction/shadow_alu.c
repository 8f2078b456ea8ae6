/* WRPKRU after arithmetic in which each operation waits for the one before. */
#define _GNU_SOURCE
#include "shadow.h"
#include "unrolled.h"

/* Adds a register: some CPUs add constants without executing anything. */
#define ADD(times) __asm__ volatile(REPEATED(times, PK_ADD("%1", "%0")) : "+r"(result) : "r"(left_) : "cc")

SHADOW_LOOP(run_alu_16, "", ADD(16))
SHADOW_LOOP(run_alu_64, "", ADD(64))
SHADOW_LOOP(run_alu_256, "", ADD(256))
SHADOW_LOOP(run_wrpkru_after_alu_16, PK_WRPKRU, ADD(16))
SHADOW_LOOP(run_wrpkru_after_alu_64, PK_WRPKRU, ADD(64))
SHADOW_LOOP(run_wrpkru_after_alu_256, PK_WRPKRU, ADD(256))

static const struct written_out written_out[] = {
    {16, run_alu_16, run_wrpkru_after_alu_16},
    {64, run_alu_64, run_wrpkru_after_alu_64},
    {256, run_alu_256, run_wrpkru_after_alu_256},
    {0, NULL, NULL},
};

static int support(const int64_t *point)
{
    return support_written_out(written_out, point[0]);
}

static int setup_alu(void *state, const int64_t *point)
{
    struct shadow *shadow = state;

    shadow->count = (size_t)point[0];
    shadow->run = find_written_out(written_out, point[0])->without_wrpkru;
    return 0;
}

static int setup_wrpkru_after_alu(void *state, const int64_t *point)
{
    struct shadow *shadow = state;

    shadow->count = (size_t)point[0];
    shadow->run = find_written_out(written_out, point[0])->with_wrpkru;
    return take_key(shadow);
}

static void teardown(void *state)
{
    struct shadow *shadow = state;

    pk_domain_unmap(&shadow->keyed);
}

/* Of two iterations, the first adds twos and the second ones. */
static int verify_alu(void *state)
{
    struct shadow *shadow = state;
    uint64_t before = shadow->result, sum = 3 * shadow->count;

    shadow->run(state, 2);
    return shadow->result - before == sum
               ? 0
               : pk_disprove("two iterations added up to %llu instead of %llu",
                             (unsigned long long)(shadow->result - before), (unsigned long long)sum);
}

static int verify_wrpkru_after_alu(void *state)
{
    struct shadow *shadow = state;
    int status = verify_alu(state);

    return status ? status : prove_toggles(shadow, shadow->run);
}

#define OPERATIONS_AXIS                                                                                     \
    {                                                                                                       \
        .name = "operations", .meaning = "additions; each waits for the one before", .points = "16,64,256", \
        .quick = "64"                                                                                       \
    }

PK_BENCHMARK(alu) = {
    .family = "instruction",
    .name = "alu",
    .axes = {OPERATIONS_AXIS},
    .group = "alu",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .support = support,
    .state_size = sizeof(struct shadow),
    .operation = "additions to a register, each waiting for the one before, and an exclusive-or of another register: "
                 "wrpkru-after-alu without WRPKRU",
    .setup = setup_alu,
    .run = time_chosen,
    .verify = verify_alu,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_after_alu) = {
    .family = "instruction",
    .name = "wrpkru-after-alu",
    .axes = {OPERATIONS_AXIS},
    .group = "alu",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/alu",
    .support = support,
    .operation =
        "one WRPKRU, alternately denying and allowing writing, after additions that each wait for the one before",
    .state_size = sizeof(struct shadow),
    .setup = setup_wrpkru_after_alu,
    .run = time_chosen,
    .verify = verify_wrpkru_after_alu,
    .teardown = teardown,
};
