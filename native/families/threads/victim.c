/* The time that a spinning thread loses while its sibling changes protection. Its mean time for a reading of the
 * clock grows, because some readings take much longer. */
#define _GNU_SOURCE
#include <time.h>

#include "benchmark.h"
#include "parallel/thread_team.h"
#include "protector.h"
#include "thread_fixture.h"

struct victim {
    struct pk_team team;
    struct protector protector;
    struct timespec last;
};

static void change_all_the_time(void *state, unsigned member)
{
    struct victim *victim = state;

    (void)member;
    protect_unprotect_once(&victim->protector);
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
               : pk_disprove("the clock stands still");
}

/* The protector is verified in its own thread, while it changes nothing. */
static int verify_member(void *state, unsigned member)
{
    struct victim *victim = state;
    int status;

    if (member)
        return prove_protect_unprotect(&victim->protector.region);
    status = prove_reading(victim);
    return status ? status : prove_protecting(&victim->protector);
}

static int verify_alone_member(void *state, unsigned member)
{
    struct victim *victim = state;
    int status;

    if (member)
        return 0;
    status = prove_reading(victim);
    return status ? status : prove_asleep(&victim->team, 1);
}

static const struct pk_team_work changing = {.idle = change_all_the_time, .verify = verify_member};
static const struct pk_team_work sleeping = {.verify = verify_alone_member};

static int setup_disturbed(void *state, const int64_t *point)
{
    struct victim *victim = state;
    int status = pk_region_map(&victim->protector.region, (size_t)point[0]);

    return status ? status : pk_team_start(&victim->team, 2, PK_TEAM_THREADS, &changing, state);
}

static int setup_alone(void *state, const int64_t *point)
{
    struct victim *victim = state;

    (void)point;
    return pk_team_start(&victim->team, 2, PK_TEAM_THREADS, &sleeping, state);
}

static int verify_victim(void *state)
{
    struct victim *victim = state;

    return pk_team_verify(&victim->team);
}

static void teardown_victim(void *state)
{
    struct victim *victim = state;

    pk_team_end(&victim->team);
    pk_region_unmap(&victim->protector.region);
}

PK_BENCHMARK(victim_alone) = {
    .family = "threads",
    .name = "victim-alone",
    .needs = PK_NEEDS_THREADS,
    .operation = "read the clock in a loop in a thread whose sibling sleeps",
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
    .operation = "read the clock in a loop in a thread whose sibling keeps changing the protection of a region",
    .support = support_two_cpus,
    .state_size = sizeof(struct victim),
    .setup = setup_disturbed,
    .run = run_victim,
    .verify = verify_victim,
    .teardown = teardown_victim,
};
