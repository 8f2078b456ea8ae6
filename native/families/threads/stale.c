/* Changing protection some time after a sibling has left its CPU to another process. Since 6.14, Linux still
 * interrupts that CPU for this address space, and removes it from the list later ("x86/mm/tlb: Update mm_cpumask
 * lazily", "Only trim the mm_cpumask once a second"). */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "memory/trap.h"
#include "parallel/cpus.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

/* What the visitor saw, in memory that processes share. */
struct visited {
    int cpu;
    pid_t process;
};

struct stale {
    struct pk_team visitor, stranger; /* the second member of each is pinned to the same CPU */
    enum pk_team_kind kind;           /* a visitor that is a thread is a sibling, and a process is none */
    struct visited *visited;
    struct pk_region region;
    long milliseconds;
};

static const long milliseconds_since[] = {0, 500, 1500};

/* Run on the CPU of the visitor, in the address space of the visitor, and sleep again. */
static int visit(void *state, unsigned member)
{
    struct stale *stale = state;

    if (member) {
        if (stale->region.base)
            *(volatile char *)stale->region.base = 1;
        *stale->visited = (struct visited){.cpu = sched_getcpu(), .process = getpid()};
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

static int share_visited(struct stale *stale)
{
    void *page = mmap(NULL, pk_page_size(), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    if (page == MAP_FAILED)
        return pk_error(errno, "share memory with the visitor");
    stale->visited = page;
    return 0;
}

/* Processes are made before the region: a fork would write-protect it. */
static int set_up(struct stale *stale, const int64_t *point, enum pk_team_kind kind)
{
    int status = share_visited(stale);

    stale->kind = kind;
    stale->milliseconds = milliseconds_since[point[0]];
    if (!status)
        status = pk_team_start(&stale->stranger, 2, PK_TEAM_PROCESSES, &spinning, stale);
    if (!status && kind == PK_TEAM_PROCESSES)
        status = pk_team_start(&stale->visitor, 2, kind, &visiting, stale);
    if (!status)
        status = pk_region_map(&stale->region, 1);
    if (!status && kind == PK_TEAM_THREADS)
        status = pk_team_start(&stale->visitor, 2, kind, &visiting, stale);
    return status ? status : stay_here();
}

static int setup_stale(void *state, const int64_t *point)
{
    return set_up(state, point, PK_TEAM_THREADS);
}

static int setup_alone(void *state, const int64_t *point)
{
    return set_up(state, point, PK_TEAM_PROCESSES);
}

static void teardown_stale(void *state)
{
    struct stale *stale = state;

    pk_team_end(&stale->visitor);
    pk_team_end(&stale->stranger);
    pk_region_unmap(&stale->region);
    if (stale->visited)
        munmap(stale->visited, pk_page_size());
}

/* Have the visitor run, and sleep again. */
static int come_and_go(struct stale *stale)
{
    int status = pk_team_verify(&stale->visitor);

    return status ? status : prove_asleep(&stale->visitor, 1);
}

/* Only the first change after a sibling's visit is sure to find the stale CPU on the list, and it may remove it. A
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

/* Prove that another process runs on the visitor's CPU. */
static int prove_stranger(const struct stale *stale)
{
    uint64_t before = pk_team_idled(&stale->stranger, 1);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        wait_milliseconds(milliseconds);
        if (pk_team_idled(&stale->stranger, 1) > before + 1)
            return 0;
    }
    return pk_disprove("no other process runs where the visitor was");
}

/* Prove that the visitor ran on another CPU, and in this address space only if it is a sibling. */
static int prove_visit(const struct stale *stale)
{
    int sibling = stale->kind == PK_TEAM_THREADS;

    if (stale->visited->cpu < 0)
        return pk_disprove("the visitor did not run");
    if (stale->visited->cpu == sched_getcpu())
        return pk_disprove("the visitor was on CPU %d, which is also the caller's", stale->visited->cpu);
    if ((stale->visited->process == getpid()) != sibling)
        return pk_disprove(sibling ? "the visitor is another process" : "the visitor is a thread of this process");
    if (*stale->region.base != sibling)
        return pk_disprove(sibling ? "the sibling did not use the region" : "another process changed the region");
    return 0;
}

static int verify_stale(void *state)
{
    struct stale *stale = state;
    int status;

    stale->visited->cpu = -1;
    *stale->region.base = 0;
    status = come_and_go(stale);
    if (!status)
        status = prove_visit(stale);
    if (!status)
        status = prove_stranger(stale);
    return status ? status : prove_protect_unprotect(&stale->region);
}

static uint64_t wait_stale(const int64_t *point)
{
    return (uint64_t)milliseconds_since[point[0]];
}

#define STALE(identifier, text, base, set_up_, sense, sentence) \
    PK_BENCHMARK(identifier) = {                                \
        .family = "threads",                                    \
        .name = text,                                           \
        .needs = PK_NEEDS_THREADS,                              \
        .floor = base,                                          \
        .group = "stale-cpumask",                               \
        .axes = {{.name = "since",                              \
                  .meaning = sense,                             \
                  .labels = "0s,0.5s,1.5s",                     \
                  .points = "0s,0.5s,1.5s",                     \
                  .quick = "0s,0.5s"}},                         \
        .operation = sentence,                                  \
        .wait = wait_stale,                                     \
        .support = support_two_cpus,                            \
        .state_size = sizeof(struct stale),                     \
        .setup = set_up_,                                       \
        .measure = measure_stale,                               \
        .verify = verify_stale,                                 \
        .teardown = teardown_stale,                             \
    };

STALE(stale_cpumask_alone, "stale-cpumask-alone", NULL, setup_alone,
      "time since a thread of another process left its CPU to a third process",
      "the first mprotect of one page to read-only by the only thread of a process that has slept as long as in "
      "stale-cpumask, while other processes took turns on another CPU")
STALE(stale_cpumask, "stale-cpumask", "threads/stale-cpumask-alone", setup_stale,
      "time since a sibling left its CPU to another process",
      "the first mprotect of one page to read-only after a sibling has left its CPU to another process")
