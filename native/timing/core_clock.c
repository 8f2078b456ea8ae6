/* Core cycles without a counter: chains of dependent instructions of known latency. */
#include "benchmark.h"
#include "cpu/clock.h"
#include "cpu/core_steps.h"

/* A chain is timed in turns, of which the shortest counts: an interrupt lengthens one and not the others. Of the no-ops
 * between the turns all count: they tell whether there was another on the core at any time. */
#define TURNS 4
#define STEPS 100 /* of PK_CHAIN, and of PK_NOPS */
#define MULTIPLY_CYCLES 3
#define UNREAD 10 /* rounds of PK_NOPS: a hundredth of what is read */

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

/* One copy of the code: what runs unread must bring the very lines that are read. */
static __attribute__((noinline)) double seconds_of_nops(uint64_t rounds)
{
    struct pk_clock from = pk_clock_begin(), to;

    PK_REPEAT(rounds)
        PK_NOPS;
    to = pk_clock_end();
    return pk_seconds_between(&from.time, &to.time);
}

/* The first no-ops go unread. After a change of protection, which flushes the TLB, they fetch and decode anew: on a Zen
 * 4 core alone all of them then seemed to take 1.015 to 1.03 times as long, as beside a neighbour. */
double pk_nop_seconds(void)
{
    (void)seconds_of_nops(PK_HAS_CORE_CLOCK * UNREAD);
    return PK_HAS_CORE_CLOCK * seconds_of_nops(PK_HAS_CORE_CLOCK * PK_NOPS_READ / STEPS) / PK_NOPS_READ;
}

/* A fresh beginning each time: a sequence that came again would be learnt. */
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

void pk_core_clock_measure(uint64_t cycles, struct pk_core_clock *chain)
{
    uint64_t additions = cycles / (2 * TURNS * STEPS) + 1, multiplications = additions / MULTIPLY_CYCLES + 1;

    *chain = (struct pk_core_clock){0};
    for (int turn = 0; turn < TURNS && PK_HAS_CORE_CLOCK; turn++) {
        keep_shortest(&chain->add_seconds, seconds_of_additions(additions));
        chain->nop_seconds += pk_nop_seconds() / TURNS;
        keep_shortest(&chain->multiply_seconds, seconds_of_multiplications(multiplications));
    }
    chain->add_seconds /= (double)(additions * STEPS);
    chain->multiply_seconds /= (double)(multiplications * STEPS);
}
