#include "fake_calls.h"
#include "wrong.h"

#include <string.h>

#include "families/threads/stale.c"

static int do_nothing(void *state, unsigned member)
{
    (void)state;
    (void)member;
    return 0;
}

static int keep_the_sibling_away(void *state)
{
    static const struct pk_team_work away = {.verify = do_nothing};
    struct stale *stale = state;

    stale->visitor.work = &away;
    return 0;
}

static int keep_the_sibling(void *state)
{
    static const struct pk_team_work staying = {.verify = visit, .idle = spin};
    struct stale *stale = state;

    stale->visitor.work = &staying;
    return 0;
}

static int visit_the_same_cpu(void *state)
{
    const struct stale *stale = state;
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((unsigned)stale->visited->cpu, &one);
    return sched_setaffinity(0, sizeof one, &one);
}

static int end_the_stranger(void *state)
{
    static const struct pk_team_work asleep = {0};
    struct stale *stale = state;

    pk_team_end(&stale->stranger);
    return pk_team_start(&stale->stranger, 2, PK_TEAM_PROCESSES, &asleep, state);
}

/* The visitor is of the other kind than it should be. */
static int swap_the_visitor(void *state)
{
    struct stale *stale = state;
    enum pk_team_kind other = stale->kind == PK_TEAM_THREADS ? PK_TEAM_PROCESSES : PK_TEAM_THREADS;
    cpu_set_t own, all;
    int status;

    pk_team_end(&stale->visitor);
    /* The members of a team take their CPUs from those that the caller may use. */
    memset(&all, 0xff, sizeof all);
    if (sched_getaffinity(0, sizeof own, &own) || sched_setaffinity(0, sizeof all, &all))
        return -errno;
    status = pk_team_start(&stale->visitor, 2, other, &visiting, state);
    return sched_setaffinity(0, sizeof own, &own) ? -errno : status;
}

static int visit_nothing(void *state, unsigned member)
{
    struct stale *stale = state;

    if (member)
        *stale->visited = (struct visited){.cpu = sched_getcpu(), .process = getpid()};
    return 0;
}

static int leave_the_region(void *state)
{
    static const struct pk_team_work nothing = {.verify = visit_nothing};
    struct stale *stale = state;

    stale->visitor.work = &nothing;
    return 0;
}

WRONG_CASES = {
    {"the sibling does nothing", "threads/stale-cpumask/*", "the visitor did not run", keep_the_sibling_away},
    {"the sibling does not use the region", "threads/stale-cpumask/*", "the sibling did not use the region",
     leave_the_region},
    {"the sibling stays", "threads/stale-cpumask/*", "must sleep is in state", keep_the_sibling},
    {"both have one CPU", "threads/stale-cpumask*", "which is also the caller's", visit_the_same_cpu},
    {"the visitor is another process", "threads/stale-cpumask/*", "the visitor is another process", swap_the_visitor},
    {"the visitor is a sibling", "threads/stale-cpumask-alone/*", "the visitor is a thread of this process",
     swap_the_visitor},
    {"the other process sleeps", "threads/stale-cpumask*", "no other process runs", end_the_stranger},
    {"mprotect does nothing", "threads/stale-cpumask*", "a store that must fault was allowed", make_mprotect_idle},
    {0},
};
