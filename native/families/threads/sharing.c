/* Changing protection in every thread, or every process, at once. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "crew.h"
#include "flip.h"
#include "party.h"

static int join_own(void *state, unsigned member)
{
    struct party *party = state;

    return pk_region_map(&party->regions[member], 1);
}

static int run_own(void *state, unsigned member, uint64_t loops)
{
    const struct party *party = state;

    return flip(&party->regions[member], loops);
}

static int verify_own(void *state, unsigned member)
{
    const struct party *party = state;

    return prove_flip(&party->regions[member]);
}

static const struct pk_crew_work own = {.join = join_own, .run = run_own, .verify = verify_own};

static int setup_own(void *state, const int64_t *point, enum pk_crew_kind kind)
{
    struct party *party = state;
    int status = check_members(point[0]);

    if (!status)
        status = set_up_regions(party, (unsigned)point[0]);
    return status ? status : pk_crew_start(&party->crew, (unsigned)point[0], kind, &own, state);
}

static int setup_own_region(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_CREW_THREADS);
}

static int setup_own_process(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_CREW_PROCESSES);
}

PK_BENCHMARK(mprotect_own_region) = {
    .family = "threads", .name = "mprotect-own-region", .group = "own", .needs = PK_NEEDS_THREADS, .headline = 1,
    .axes = {THREADS_AXIS("threads that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, by every thread of a process on a page of its own",
    .state_size = sizeof(struct party), .setup = setup_own_region, .measure = measure_crew, .verify = verify_crew,
    .teardown = teardown,
};

PK_BENCHMARK(mprotect_own_process) = {
    .family = "threads", .name = "mprotect-own-process", .group = "own", .needs = PK_NEEDS_THREADS, .headline = 1,
    .axes = {THREADS_AXIS("processes of one thread each that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, by every one of several processes",
    .state_size = sizeof(struct party), .setup = setup_own_process, .measure = measure_crew, .verify = verify_crew,
    .teardown = teardown,
};
