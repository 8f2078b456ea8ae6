/* What the other cases are compared with: the empty loop, which is their floor, and instructions that know of no keys. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "clock.h"
#include "pkey.h"

#include "unrolled.h"

static int run_empty_loop(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile("");
    return 0;
}

/* A loop that the compiler deleted takes no time, however long. */
static int verify_empty_loop(void *state)
{
    struct timespec from, to;
    double seconds;

    clock_gettime(CLOCK_MONOTONIC_RAW, &from);
    run_empty_loop(state, 1 << 20);
    clock_gettime(CLOCK_MONOTONIC_RAW, &to);
    seconds = pk_seconds_between(&from, &to);
    return seconds > 20e-6 ? 0 : pk_disprove("a million turns of the empty loop took %.0f ns", seconds * 1e9);
}

PK_BENCHMARK(empty_loop) = {
    .family = "instruction", .name = "empty-loop", .headline = 1,
    .operation = "one turn of the loop that all cases of this family are timed in",
    .run = run_empty_loop, .verify = verify_empty_loop,
};

static int run_nop(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED("nop"));
    return 0;
}

static int verify_nop(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, "\x90", 1);
}

PK_BENCHMARK(nop_100) = {
    .family = "instruction", .name = "nop-100", .headline = 1, .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop",
    .operation = "100 one-byte NOPs: the control, 100 instructions wherever instructions are counted",
    .run = run_nop, .verify = verify_nop,
};

static int run_lfence(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_LFENCE) : : : "memory");
    return 0;
}

static int verify_lfence(void *state)
{
    (void)state;
    return prove_unrolled(run_lfence, "\x0f\xae\xe8", 3);
}

PK_BENCHMARK(lfence) = {
    .family = "instruction", .name = "lfence", .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop", .inner_loops = UNROLL,
    .operation = "one LFENCE after another",
    .run = run_lfence, .verify = verify_lfence,
};

static int run_xgetbv(void *state, uint64_t loops)
{
    uint32_t low, high, zero = 0;

    (void)state;
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_XGETBV) : "=" PK_EAX(low), "=" PK_EDX(high) : PK_ECX(zero));
    return 0;
}

static int support_xgetbv(const int64_t *point)
{
    uint32_t leaf[4];

    (void)point;
    pk_cpuid(1, 0, leaf);
    return leaf[2] >> 27 & 1 ? 0 : pk_skip("XGETBV is not enabled (CPUID.1:ECX.OSXSAVE is clear)");
}

static int verify_xgetbv(void *state)
{
    (void)state;
    return prove_unrolled(run_xgetbv, "\x0f\x01\xd0", 3);
}

PK_BENCHMARK(xgetbv) = {
    .family = "instruction", .name = "xgetbv", .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop",
    .inner_loops = UNROLL, .support = support_xgetbv,
    .operation = "one XGETBV after another: reading another register of the kernel's from user mode, to compare with",
    .run = run_xgetbv, .verify = verify_xgetbv,
};
