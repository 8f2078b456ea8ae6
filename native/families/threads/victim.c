/* What a thread that only spins loses while its sibling changes protection: each reading of the clock takes longer in
 * the mean, because some take much longer. */
#define _GNU_SOURCE
#include <time.h>

#include "benchmark.h"
#include "changer.h"
#include "crew.h"
#include "party.h"

struct victim {
    struct pk_crew crew;
    struct changer changer;
    struct timespec last;
};

static void change_all_the_time(void *state, unsigned member)
{
    struct victim *victim = state;

    (void)member;
    change(&victim->changer);
}

static int run_victim(void *state, uint64_t loops)
{
    struct victim *victim = state;
    struct timespec *last = &victim->last;

    PK_REPEAT(loops)
        clock_gettime(CLOCK_MONOTONIC, last);
    return 0;
}

static int prove_reading(struct victim *victim)
{
    struct timespec before;

    run_victim(victim, 1);
    before = victim->last;
    wait_milliseconds(1);
    run_victim(victim, 1);
    return before.tv_sec != victim->last.tv_sec || before.tv_nsec != victim->last.tv_nsec
               ? 0
               : pk_disprove("the clock that is read stands still");
}

/* The changer proves itself in its own thread, where it does not change anything meanwhile. */
static int verify_member(void *state, unsigned member)
{
    struct victim *victim = state;
    int status;

    if (member)
        return prove_flip(&victim->changer.region);
    status = prove_reading(victim);
    return status ? status : prove_changing(&victim->changer);
}

static int verify_alone_member(void *state, unsigned member)
{
    struct victim *victim = state;
    int status;

    if (member)
        return 0;
    status = prove_reading(victim);
    return status ? status : prove_asleep(&victim->crew, 1);
}

static const struct pk_crew_work changing = {.idle = change_all_the_time, .verify = verify_member};
static const struct pk_crew_work sleeping = {.verify = verify_alone_member};

static int setup_disturbed(void *state, const int64_t *point)
{
    struct victim *victim = state;
    int status = pk_region_map(&victim->changer.region, (size_t)point[0]);

    return status ? status : pk_crew_start(&victim->crew, 2, PK_CREW_THREADS, &changing, state);
}

static int setup_alone(void *state, const int64_t *point)
{
    struct victim *victim = state;

    (void)point;
    return pk_crew_start(&victim->crew, 2, PK_CREW_THREADS, &sleeping, state);
}

static int verify_victim(void *state)
{
    struct victim *victim = state;

    return pk_crew_verify(&victim->crew);
}

static void teardown_victim(void *state)
{
    struct victim *victim = state;

    pk_crew_end(&victim->crew);
    pk_region_unmap(&victim->changer.region);
}

PK_BENCHMARK(victim_alone) = {
    .family = "threads",
    .name = "victim-alone",
    .needs = PK_NEEDS_THREADS,
    .operation = "reading the clock in a loop by a thread whose sibling sleeps",
    .state_size = sizeof(struct victim),
    .setup = setup_alone,
    .run = run_victim,
    .verify = verify_victim,
    .teardown = teardown_victim,
};

PK_BENCHMARK(victim_mean) = {
    .family = "threads",
    .name = "victim-mean",
    .floor = "threads/victim-alone",
    .needs = PK_NEEDS_THREADS,
    .axes = {VICTIM_PAGES_AXIS},
    .operation =
        "reading the clock in a loop by a thread whose sibling changes the protection of a region all the time",
    .support = support_two_cpus,
    .state_size = sizeof(struct victim),
    .setup = setup_disturbed,
    .run = run_victim,
    .verify = verify_victim,
    .teardown = teardown_victim,
};
