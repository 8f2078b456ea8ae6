/* Changing protection in every thread, or in every process, at once. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "memory/trap.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

static int join_own(void *state, unsigned member)
{
    struct thread_fixture *fixture = state;

    return pk_region_map(&fixture->regions[member], 1);
}

static int run_own(void *state, unsigned member, uint64_t loops)
{
    const struct thread_fixture *fixture = state;

    return protect_unprotect(&fixture->regions[member], loops);
}

static int verify_own(void *state, unsigned member)
{
    const struct thread_fixture *fixture = state;

    return prove_protect_unprotect(&fixture->regions[member]);
}

static const struct pk_team_work own = {.join = join_own, .run = run_own, .verify = verify_own};

static int setup_own(void *state, const int64_t *point, enum pk_team_kind kind)
{
    struct thread_fixture *fixture = state;
    int status = check_members(point[0]);

    if (!status)
        status = set_up_regions(fixture, (unsigned)point[0]);
    return status ? status : pk_team_start(&fixture->team, (unsigned)point[0], kind, &own, state);
}

static int setup_own_region(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_TEAM_THREADS);
}

static int setup_own_process(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_TEAM_PROCESSES);
}

/* Every thread changes a page of the same VMA. There is a page between any two, so each change splits the VMA and
 * each change back merges it, whatever the other threads do. */

static struct pk_region page_of(const struct thread_fixture *fixture, unsigned member)
{
    return (struct pk_region){.base = fixture->regions[0].base + (2 * (size_t)member + 1) * pk_page_size(), .pages = 1};
}

static int run_shared(void *state, unsigned member, uint64_t loops)
{
    struct pk_region page = page_of(state, member);

    return protect_unprotect(&page, loops);
}

/* Only one member at a time runs: the others' pages must be part of the VMA, and this page must leave and rejoin it. */
static int verify_shared(void *state, unsigned member)
{
    const struct thread_fixture *fixture = state;
    const struct pk_region *whole = &fixture->regions[0];
    struct pk_region page = page_of(fixture, member);
    int status = pk_region_audit(whole, PROT_READ | PROT_WRITE, 0);

    if (!status && pk_mprotect(page.base, pk_region_length(&page), PROT_READ))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_prove_refused(PK_STORE, page.base, 0);
    if (!status)
        status = pk_region_audit(&page, PROT_READ, 0);
    if (!status)
        status = pk_prove_allowed(PK_STORE, page.base + pk_page_size());
    if (pk_mprotect(page.base, pk_region_length(&page), PROT_READ | PROT_WRITE) && !status)
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_prove_allowed(PK_STORE, page.base);
    return status ? status : pk_region_audit(whole, PROT_READ | PROT_WRITE, 0);
}

static const struct pk_team_work shared = {.run = run_shared, .verify = verify_shared};

static int setup_shared(void *state, const int64_t *point)
{
    struct thread_fixture *fixture = state;
    int status = check_members(point[0]);

    if (!status)
        status = set_up_regions(fixture, 1);
    if (!status)
        status = pk_region_map(&fixture->regions[0], 2 * (size_t)point[0] + 1);
    return status ? status : pk_team_start(&fixture->team, (unsigned)point[0], PK_TEAM_THREADS, &shared, state);
}

PK_BENCHMARK(mprotect_own_region) = {
    .family = "threads",
    .name = "mprotect-own-region",
    .group = "own",
    .needs = PK_NEEDS_THREADS,
    .headline = 1,
    .axes = {THREADS_AXIS("threads that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, in every thread of a process, each on its own page",
    .state_size = sizeof(struct thread_fixture),
    .setup = setup_own_region,
    .measure = measure_team,
    .verify = verify_team,
    .teardown = teardown,
};

PK_BENCHMARK(mprotect_own_process) = {
    .family = "threads",
    .name = "mprotect-own-process",
    .group = "own",
    .needs = PK_NEEDS_THREADS,
    .headline = 1,
    .axes = {THREADS_AXIS("single-threaded processes that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, in every one of several processes",
    .state_size = sizeof(struct thread_fixture),
    .setup = setup_own_process,
    .measure = measure_team,
    .verify = verify_team,
    .teardown = teardown,
};

PK_BENCHMARK(mprotect_shared_vma) = {
    .family = "threads",
    .name = "mprotect-shared-vma",
    .group = "own",
    .needs = PK_NEEDS_THREADS,
    .axes = {THREADS_AXIS("threads that change protection at the same time")},
    .operation =
        "mprotect of one page to read-only and back, which splits and merges a VMA that holds one page of every thread",
    .state_size = sizeof(struct thread_fixture),
    .setup = setup_shared,
    .measure = measure_team,
    .verify = verify_team,
    .teardown = teardown,
};
