/* Changing protection some time after a sibling has left its CPU to another process. Since 6.14, Linux still
 * interrupts that CPU for this address space, and removes it from the list later ("x86/mm/tlb: Update mm_cpumask
 * lazily", "Only trim the mm_cpumask once a second"). */
#define _GNU_SOURCE
#include <sched.h>
#include <stdatomic.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "memory/trap.h"
#include "parallel/cpus.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

struct stale {
    struct pk_team sibling, stranger; /* the second member of each is pinned to the same CPU */
    struct pk_region region;
    long milliseconds;
    int cpu; /* where the sibling ran */
};

static const long milliseconds_since[] = {0, 500, 1500};

/* The sibling uses the address space on its CPU, and sleeps again. */
static int visit(void *state, unsigned member)
{
    struct stale *stale = state;

    if (member) {
        *(volatile char *)stale->region.base = 1;
        stale->cpu = sched_getcpu();
    }
    return 0;
}

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static const struct pk_team_work visiting = {.verify = visit};
static const struct pk_team_work spinning = {.idle = spin};

/* Move the caller to another CPU than the sibling's, after the teams have taken theirs. */
static int stay_here(void)
{
    int cpu;

    return pk_last_cpus(&cpu, 1) == 1 ? pk_pin(cpu) : pk_error(EINVAL, "find a CPU");
}

static int setup_stale(void *state, const int64_t *point)
{
    struct stale *stale = state;
    int status = pk_team_start(&stale->stranger, 2, PK_TEAM_PROCESSES, &spinning, state);

    stale->milliseconds = milliseconds_since[point[0]];
    if (!status)
        status = pk_region_map(&stale->region, 1);
    if (!status)
        status = pk_team_start(&stale->sibling, 2, PK_TEAM_THREADS, &visiting, state);
    return status ? status : stay_here();
}

static void teardown_stale(void *state)
{
    struct stale *stale = state;

    if (stale->sibling.shared)
        pk_team_end(&stale->sibling);
    pk_team_end(&stale->stranger);
    pk_region_unmap(&stale->region);
}

/* Have the sibling run, and sleep again. */
static int come_and_go(struct stale *stale)
{
    int status = pk_team_verify(&stale->sibling);

    return status ? status : prove_asleep(&stale->sibling, 1);
}

/* Only the first change after the sibling's visit is sure to find the stale CPU on the list, and it may remove it. A
 * value is therefore a single change, whatever its loops, and counts for each of them. */
static int measure_stale(void *state, uint64_t loops, struct pk_value *value)
{
    struct stale *stale = state;
    void *base = stale->region.base;
    size_t length = pk_region_length(&stale->region);
    struct pk_clock from, to;
    int status = come_and_go(stale);

    if (status)
        return status;
    if (stale->milliseconds)
        wait_milliseconds(stale->milliseconds);
    from = pk_clock_begin();
    status = pk_mprotect(base, length, PROT_READ);
    to = pk_clock_end();
    status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    pk_value_add(value, &from, &to);
    value->seconds *= (double)loops;
    value->ticks *= loops;
    return status;
}

/* Prove that another process runs on the sibling's CPU. */
static int prove_stranger(const struct stale *stale)
{
    uint64_t before = pk_team_idled(&stale->stranger, 1);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        wait_milliseconds(milliseconds);
        if (pk_team_idled(&stale->stranger, 1) > before + 1)
            return 0;
    }
    return pk_disprove("no other process runs where the sibling was");
}

static int verify_stale(void *state)
{
    struct stale *stale = state;
    int status;

    stale->cpu = -1;
    *stale->region.base = 0;
    status = come_and_go(stale);
    if (!status && !*stale->region.base)
        status = pk_disprove("the sibling did not use the region");
    if (!status && (stale->cpu < 0 || stale->cpu == sched_getcpu()))
        status = pk_disprove("the sibling was on CPU %d, which is also the caller's", stale->cpu);
    if (!status)
        status = prove_stranger(stale);
    return status ? status : prove_protect_unprotect(&stale->region);
}

static uint64_t wait_stale(const int64_t *point)
{
    return (uint64_t)milliseconds_since[point[0]];
}

PK_BENCHMARK(stale_cpumask) = {
    .family = "threads",
    .name = "stale-cpumask",
    .needs = PK_NEEDS_THREADS,
    .axes = {{.name = "since",
              .meaning = "time since a sibling left its CPU to another process",
              .labels = "0s,0.5s,1.5s",
              .points = "0s,0.5s,1.5s",
              .quick = "0s,0.5s"}},
    .operation = "the first mprotect of one page to read-only after a sibling has left its CPU to another process",
    .wait = wait_stale,
    .support = support_two_cpus,
    .state_size = sizeof(struct stale),
    .setup = setup_stale,
    .measure = measure_stale,
    .verify = verify_stale,
    .teardown = teardown_stale,
};
