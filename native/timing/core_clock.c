/* Core-clock calibration: the length of a core cycle without a counter, from chains of dependent instructions of
 * known latency. */
#include "benchmark.h"
#include "cpu/clock.h"
#include "cpu/core_steps.h"

/* A chain is timed several times, and the shortest time counts, because an interrupt lengthens only one of them. The
 * no-ops between these are averaged: they show whether the core was contended at any time. */
#define REPEATS 4
#define STEPS 100 /* in PK_CHAIN and in PK_NOPS */
#define MULTIPLY_CYCLES 3
#define UNREAD 10 /* rounds of PK_NOPS that are not timed: a hundredth of those that are */

static double seconds_of_additions(uint64_t rounds)
{
    struct pk_clock from = pk_clock_begin(), to;
    uint64_t value = 1;

    PK_REPEAT(rounds)
        PK_CHAIN(PK_CHAIN_ADD, value);
    to = pk_clock_end();
    return pk_seconds_between(&from.time, &to.time);
}

static double seconds_of_multiplications(uint64_t rounds)
{
    struct pk_clock from = pk_clock_begin(), to;
    uint64_t value = 3;

    PK_REPEAT(rounds)
        PK_CHAIN(PK_CHAIN_MULTIPLY, value);
    to = pk_clock_end();
    return pk_seconds_between(&from.time, &to.time);
}

/* Not inlined: the untimed rounds must warm up the same code as the timed ones use. */
static __attribute__((noinline)) double seconds_of_nops(uint64_t rounds)
{
    struct pk_clock from = pk_clock_begin(), to;

    PK_REPEAT(rounds)
        PK_NOPS;
    to = pk_clock_end();
    return pk_seconds_between(&from.time, &to.time);
}

/* The first no-ops are not timed. After a change of protection, which flushes the TLB, they have to be fetched and
 * decoded again. On an uncontended Zen 4 core, all no-ops then seemed to take 1.015 to 1.03 times as long, as if the
 * core were contended. */
double pk_nop_seconds(void)
{
    (void)seconds_of_nops(PK_HAS_CORE_CLOCK * UNREAD);
    return PK_HAS_CORE_CLOCK * seconds_of_nops(PK_HAS_CORE_CLOCK * PK_NOPS_READ / STEPS) / PK_NOPS_READ;
}

/* Each call starts with a new seed, because a core would learn a sequence that repeats. */
double pk_branch_seconds(void)
{
    struct pk_clock from = pk_clock_begin(), to;
    uint64_t bits = from.ticks | 1;
    uint32_t steps = PK_BRANCHES_READ;

    PK_BRANCHES(bits, steps);
    to = pk_clock_end();
    return PK_HAS_CORE_CLOCK * pk_seconds_between(&from.time, &to.time) / PK_BRANCHES_READ;
}

static void keep_shortest(double *shortest, double seconds)
{
    if (*shortest == 0 || seconds < *shortest)
        *shortest = seconds;
}

void pk_core_clock_measure(uint64_t cycles, struct pk_core_clock *clock)
{
    uint64_t additions = cycles / (2 * REPEATS * STEPS) + 1, multiplications = additions / MULTIPLY_CYCLES + 1;

    *clock = (struct pk_core_clock){0};
    for (int repeat = 0; repeat < REPEATS && PK_HAS_CORE_CLOCK; repeat++) {
        keep_shortest(&clock->add_seconds, seconds_of_additions(additions));
        clock->nop_seconds += pk_nop_seconds() / REPEATS;
        keep_shortest(&clock->multiply_seconds, seconds_of_multiplications(multiplications));
    }
    clock->add_seconds /= (double)(additions * STEPS);
    clock->multiply_seconds /= (double)(multiplications * STEPS);
}
