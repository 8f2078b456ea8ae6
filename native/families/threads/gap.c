/* The longest time for which a spinning thread stands still while its sibling changes protection. */
#define _GNU_SOURCE
#include <stdatomic.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "protector.h"
#include "rendezvous.h"
#include "thread_fixture.h"

#define STALL_MILLISECONDS 2

struct gap {
    struct pk_team team;
    struct pk_region region;
    pid_t parent;
    /* Odd while a change is under way: the caller's number, and the last number that the spinning thread has seen. */
    _Alignas(128) atomic_uint number;
    _Alignas(128) atomic_uint seen;
    atomic_uint stall; /* for the proof: the spinning thread must stand still once */
    struct pk_clock last;
    struct pk_value longest, total; /* of this change; of all changes */
};

/* The spinning thread reads the clock, keeps the longest gap of a change, and adds it up at the end of the change. */
static void spin(void *state, unsigned member)
{
    struct gap *gap = state;
    unsigned number = atomic_load_explicit(&gap->number, memory_order_acquire);
    struct pk_clock now;
    struct pk_value since = {0};

    (void)member;
    if (atomic_load_explicit(&gap->stall, memory_order_relaxed) && atomic_exchange(&gap->stall, 0))
        wait_milliseconds(STALL_MILLISECONDS);
    now = pk_clock_begin();
    pk_value_add(&since, &gap->last, &now);
    gap->last = now;
    if (since.seconds > gap->longest.seconds)
        gap->longest = since;
    if (number == atomic_load_explicit(&gap->seen, memory_order_relaxed))
        return;
    if (number % 2 == 0) {
        gap->total.seconds += gap->longest.seconds;
        gap->total.ticks += gap->longest.ticks;
    }
    gap->longest = (struct pk_value){0};
    atomic_store_explicit(&gap->seen, number, memory_order_release);
}

/* Set the next number, and continue when the spinning thread has seen it. */
static void announce(struct gap *gap)
{
    unsigned number = atomic_load_explicit(&gap->number, memory_order_relaxed) + 1;

    atomic_store_explicit(&gap->number, number, memory_order_release);
    await_number(&gap->seen, number);
}

static int make_changes(void *state, uint64_t loops)
{
    struct gap *gap = state;
    int status = 0;

    PK_REPEAT(loops) {
        announce(gap);
        status |= protect_unprotect(&gap->region, 1);
        announce(gap);
    }
    return status;
}

static int make_calls(void *state, uint64_t loops)
{
    struct gap *gap = state;
    int status = 0;

    PK_REPEAT(loops) {
        announce(gap);
        status |= pk_getppid() != gap->parent;
        status |= pk_getppid() != gap->parent;
        announce(gap);
    }
    return status;
}

static int measure(struct gap *gap, uint64_t loops, int (*make)(void *, uint64_t), struct pk_value *value)
{
    struct pk_value before = gap->total;
    int status = make(gap, loops);

    value->seconds = gap->total.seconds - before.seconds;
    value->ticks = gap->total.ticks - before.ticks;
    return status;
}

static int measure_change(void *state, uint64_t loops, struct pk_value *value)
{
    return measure(state, loops, make_changes, value);
}

static int measure_call(void *state, uint64_t loops, struct pk_value *value)
{
    return measure(state, loops, make_calls, value);
}

/* A gap must be seen, and must not be longer than the change. */
static int prove_gaps(struct gap *gap)
{
    struct pk_value value = {0}, window = {0};
    struct pk_clock from, to;
    double before = gap->total.seconds;

    from = pk_clock_begin();
    announce(gap);
    atomic_store(&gap->stall, 1);
    while (atomic_load(&gap->stall))
        sched_yield();
    announce(gap);
    to = pk_clock_end();
    pk_value_add(&window, &from, &to);
    value.seconds = gap->total.seconds - before;
    if (value.seconds < STALL_MILLISECONDS * 1e-3)
        return pk_disprove("a gap of %d ms was measured as %g ms", STALL_MILLISECONDS, value.seconds * 1e3);
    if (value.seconds > window.seconds)
        return pk_disprove("a gap of %g ms was measured within %g ms", value.seconds * 1e3, window.seconds * 1e3);
    return 0;
}

static int verify_change(void *state)
{
    struct gap *gap = state;
    int status = prove_gaps(gap);

    return status ? status : prove_protect_unprotect(&gap->region);
}

static int verify_call(void *state)
{
    struct gap *gap = state;
    int status = prove_gaps(gap);

    if (!status && make_calls(gap, 1))
        status = pk_disprove("getppid does not answer");
    return status;
}

static const struct pk_team_work spinning = {.idle = spin};

static int setup_gap(void *state, const int64_t *point)
{
    struct gap *gap = state;
    int status = pk_region_map(&gap->region, (size_t)point[0]);

    gap->parent = getppid();
    gap->last = pk_clock_begin();
    return status ? status : pk_team_start(&gap->team, 2, PK_TEAM_THREADS, &spinning, state);
}

static int setup_call(void *state, const int64_t *point)
{
    const int64_t one[PK_AXES_MAX] = {1};

    (void)point;
    return setup_gap(state, one);
}

static void teardown_gap(void *state)
{
    struct gap *gap = state;

    pk_team_end(&gap->team);
    pk_region_unmap(&gap->region);
}

PK_BENCHMARK(victim_gap_alone) = {
    .family = "threads",
    .name = "victim-gap-alone",
    .needs = PK_NEEDS_THREADS,
    .operation =
        "the longest gap between two readings of the clock by a spinning thread while its sibling calls getppid twice",
    .support = support_two_cpus,
    .state_size = sizeof(struct gap),
    .setup = setup_call,
    .measure = measure_call,
    .verify = verify_call,
    .teardown = teardown_gap,
};

PK_BENCHMARK(victim_gap) = {
    .family = "threads",
    .name = "victim-gap",
    .floor = "threads/victim-gap-alone",
    .needs = PK_NEEDS_THREADS,
    .axes = {VICTIM_PAGES_AXIS},
    .operation = "the longest gap between two readings of the clock by a spinning thread while its sibling makes a "
                 "region read-only and writable again by two calls of mprotect",
    .support = support_two_cpus,
    .state_size = sizeof(struct gap),
    .setup = setup_gap,
    .measure = measure_change,
    .verify = verify_change,
    .teardown = teardown_gap,
};
