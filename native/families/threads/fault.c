/* First touches of fresh pages in some threads, while another thread changes the protection of its own memory: do
 * page faults wait for the lock that mprotect takes? */
#define _GNU_SOURCE
#include <sys/mman.h>
#include <sys/resource.h>

#include "benchmark.h"
#include "parallel/thread_team.h"
#include "protector.h"
#include "thread_fixture.h"

/* Number of pages that a thread touches before they are dropped again, untimed. */
#define FRESH_PAGES 512

struct faults {
    struct thread_fixture fixture; /* one region for each thread that faults */
    struct protector protector;
};

static unsigned count_faulting(const struct faults *faults)
{
    return faults->fixture.count;
}

static int make_fresh(const struct pk_region *region)
{
    return madvise(region->base, pk_region_length(region), MADV_DONTNEED) ? pk_error(errno, "drop pages") : 0;
}

static int run_touch(void *state, unsigned member, uint64_t loops)
{
    const struct faults *faults = state;
    volatile char *at = faults->fixture.regions[member].base;
    size_t page = pk_page_size();

    PK_REPEAT(loops) {
        *at = 1;
        at += page;
    }
    return 0;
}

/* The last member changes protection. */
static void change_if_last(void *state, unsigned member)
{
    struct faults *faults = state;

    if (member == count_faulting(faults))
        protect_unprotect_once(&faults->protector);
    else
        pk_pause();
}

static int prove_touch(const struct faults *faults, unsigned member)
{
    const struct pk_region *region = &faults->fixture.regions[member];
    struct rusage before, after;
    int status = make_fresh(region);

    if (status)
        return status;
    getrusage(RUSAGE_THREAD, &before);
    run_touch((void *)faults, member, region->pages);
    getrusage(RUSAGE_THREAD, &after);
    if (after.ru_minflt - before.ru_minflt < (long)region->pages)
        return pk_disprove("touching %zu pages took %ld faults", region->pages, after.ru_minflt - before.ru_minflt);
    return pk_region_audit(region, PROT_READ | PROT_WRITE, 0);
}

static int verify_changing(void *state, unsigned member)
{
    struct faults *faults = state;
    int status;

    if (member == count_faulting(faults))
        return prove_protect_unprotect(&faults->protector.region);
    status = member ? 0 : prove_protecting(&faults->protector);
    return status ? status : prove_touch(faults, member);
}

static int verify_sleeping(void *state, unsigned member)
{
    struct faults *faults = state;
    int status;

    if (member == count_faulting(faults))
        return 0;
    status = member ? 0 : prove_asleep(&faults->fixture.team, count_faulting(faults));
    return status ? status : prove_touch(faults, member);
}

static const struct pk_team_work changing = {
    .run = run_touch, .verify = verify_changing, .idle = change_if_last, .idle_members = 1};
static const struct pk_team_work sleeping = {.run = run_touch, .verify = verify_sleeping, .idle_members = 1};

static int set_up(struct faults *faults, int64_t faulting, const struct pk_team_work *work)
{
    int status = check_members(faulting + 1);

    if (!status)
        status = set_up_regions(&faults->fixture, (unsigned)faulting);
    if (!status)
        status = pk_region_map(&faults->protector.region, 1);
    for (unsigned i = 0; i < faulting && !status; i++)
        status = pk_region_reserve(&faults->fixture.regions[i], FRESH_PAGES);
    return status ? status
                  : pk_team_start(&faults->fixture.team, (unsigned)faulting + 1, PK_TEAM_THREADS, work, faults);
}

static int setup_changing(void *state, const int64_t *point)
{
    return set_up(state, point[0], &changing);
}

static int setup_sleeping(void *state, const int64_t *point)
{
    return set_up(state, point[0], &sleeping);
}

static void teardown_faults(void *state)
{
    struct faults *faults = state;

    teardown(state);
    pk_region_unmap(&faults->protector.region);
}

/* Touch as many pages in a row as there are. They are fresh again each time. */
static int measure_faults(void *state, uint64_t loops, struct pk_value *value)
{
    struct faults *faults = state;
    int status = 0;

    while (loops && !status) {
        uint64_t now = loops < FRESH_PAGES ? loops : FRESH_PAGES;
        struct pk_value part = {0};

        for (unsigned i = 0; i < count_faulting(faults) && !status; i++)
            status = make_fresh(&faults->fixture.regions[i]);
        if (!status)
            status = pk_team_measure(&faults->fixture.team, now, &part);
        value->seconds += part.seconds;
        value->ticks += part.ticks;
        value->slowest += part.slowest;
        value->members = part.members;
        loops -= now;
    }
    return status;
}

static uint64_t memory_faults(const int64_t *point)
{
    return (uint64_t)point[0] * FRESH_PAGES * pk_page_size();
}

static int support_faults(const int64_t *point)
{
    int cpus[MEMBERS_MAX];

    return point[0] >= MEMBERS_MAX || pk_last_cpus(cpus, (int)point[0] + 1) > point[0]
               ? 0
               : pk_skip("needs a CPU for each thread that faults, and one more");
}

#define FAULTING_AXIS                                                                                      \
    {                                                                                                      \
        .name = "faulting", .meaning = "threads that fault; one more thread sleeps or changes protection", \
        .points = "cpus", .quick = "cpus"                                                                  \
    }

PK_BENCHMARK(fault_alone) = {
    .family = "threads",
    .name = "fault-alone",
    .group = "fault",
    .needs = PK_NEEDS_THREADS,
    .axes = {FAULTING_AXIS},
    .operation = "first touch of a fresh page by every thread but one, which sleeps",
    .memory = memory_faults,
    .support = support_faults,
    .state_size = sizeof(struct faults),
    .setup = setup_sleeping,
    .measure = measure_faults,
    .verify = verify_team,
    .teardown = teardown_faults,
};

PK_BENCHMARK(fault_vs_mprotect) = {
    .family = "threads",
    .name = "fault-vs-mprotect",
    .group = "fault",
    .floor = "threads/fault-alone",
    .needs = PK_NEEDS_THREADS,
    .axes = {FAULTING_AXIS},
    .operation = "first touch of a fresh page by every thread but one, which changes the protection of another page "
                 "all the time",
    .memory = memory_faults,
    .support = support_faults,
    .state_size = sizeof(struct faults),
    .setup = setup_changing,
    .measure = measure_faults,
    .verify = verify_team,
    .teardown = teardown_faults,
};
