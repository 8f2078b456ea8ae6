/* The reference cases: the empty loop, which is the fixed overhead (floor) of the other cases, and instructions that
 * have nothing to do with keys. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/clock.h"
#include "cpu/pkey.h"

#include "unrolled.h"

static int run_empty_loop(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile("");
    return 0;
}

/* A loop that the compiler deleted would take no time, however many iterations it had. */
static int verify_empty_loop(void *state)
{
    struct timespec from, to;
    double seconds;

    clock_gettime(CLOCK_MONOTONIC_RAW, &from);
    run_empty_loop(state, 1 << 20);
    clock_gettime(CLOCK_MONOTONIC_RAW, &to);
    seconds = pk_seconds_between(&from, &to);
    return seconds > 20e-6 ? 0 : pk_disprove("a million iterations of the empty loop took %.0f ns", seconds * 1e9);
}

PK_BENCHMARK(empty_loop) = {
    .family = "instruction",
    .name = "empty-loop",
    .headline = 1,
    .operation = "one iteration of the empty loop: the fixed overhead of the other cases of this family",
    .run = run_empty_loop,
    .verify = verify_empty_loop,
};

UNROLLED_TWICE(nop, PK_REPEAT(loops) __asm__ volatile(COPIES_OF("nop") : : COPIES);)

static int prove_nop(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    (void)state;
    return prove_unrolled(run, copies, "\x90", 1);
}

SLOPE_BENCHMARK(nop, "nop", "one one-byte NOP after another", .needs = PK_NEEDS_X86, .group = "nop");

PK_BENCHMARK(nop_100) = {
    .family = "instruction",
    .name = "nop-100",
    .headline = 1,
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .operation =
        "100 one-byte NOPs: the control case, which counts as 100 instructions wherever instructions are counted",
    .run = run_nop,
    .verify = verify_nop,
};

UNROLLED_TWICE(lfence, PK_REPEAT(loops) __asm__ volatile(COPIES_OF(PK_LFENCE) : : COPIES : "memory");)

static int prove_lfence(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    (void)state;
    return prove_unrolled(run, copies, "\x0f\xae\xe8", 3);
}

SLOPE_BENCHMARK(lfence, "lfence", "one LFENCE after another", .needs = PK_NEEDS_X86, .group = "lfence");

/* Laid out by hand: clang-format takes a macro's argument for one expression. */
/* clang-format off */
UNROLLED_TWICE(
    xgetbv, uint32_t low, high, zero = 0;

    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(COPIES_OF(PK_XGETBV) : "=" PK_EAX(low), "=" PK_EDX(high) : PK_ECX(zero), COPIES);)
/* clang-format on */

static int support_xgetbv(const int64_t *point)
{
    uint32_t leaf[4];

    (void)point;
    pk_cpuid(1, 0, leaf);
    return leaf[2] >> 27 & 1 ? 0 : pk_skip("XGETBV is not enabled (CPUID.1:ECX.OSXSAVE is clear)");
}

static int prove_xgetbv(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    (void)state;
    return prove_unrolled(run, copies, "\x0f\x01\xd0", 3);
}

SLOPE_BENCHMARK(
    xgetbv, "xgetbv",
    "one XGETBV after another: another register that the kernel controls, read from user mode for comparison",
    .needs = PK_NEEDS_X86, .group = "xgetbv", .support = support_xgetbv);
