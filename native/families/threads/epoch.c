/* Stopping a running thread: by taking away a page that it keeps loading from, or by a flag that it keeps polling. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "memory/region.h"
#include "parallel/thread_team.h"
#include "rendezvous.h"
#include "thread_fixture.h"

/* Seconds to wait for a thread to stop before the proof fails. */
#define PATIENCE_SECONDS 1

struct epoch {
    struct pk_team team;
    struct pk_region page; /* the other thread loads from it */
    struct sigaction before;
    int code;                          /* si_code of the fault that stopped the thread; 0 for the flag */
    struct pk_clock at;                /* when it stopped */
    unsigned stops;                    /* number of stops requested */
    _Alignas(128) atomic_uint asked;   /* the flag: increases */
    _Alignas(128) atomic_uint stopped; /* the last request that the thread has obeyed */
    atomic_uint freed;                 /* the last request after which it may go on */
    _Alignas(128) atomic_ullong rounds;
};

/* The benchmark whose thread stops at a fault in this thread. */
static _Thread_local struct epoch *volatile stopping;

/* The stopped thread records the time, and waits to be released. */
static void stop(struct epoch *epoch, int code)
{
    struct pk_clock now = pk_clock_end();
    unsigned asked = atomic_load_explicit(&epoch->asked, memory_order_acquire);

    epoch->at = now;
    epoch->code = code;
    atomic_store_explicit(&epoch->stopped, asked, memory_order_release);
    await_number(&epoch->freed, asked);
}

static void on_fault(int signal, siginfo_t *info, void *context)
{
    struct epoch *epoch = stopping;

    (void)context;
    if (!epoch || info->si_addr != epoch->page.base) {
        /* Not ours: restore the default action, so that it happens again and kills the process. */
        struct sigaction fall = {.sa_handler = SIG_DFL};
        sigaction(signal, &fall, NULL);
        return;
    }
    stop(epoch, info->si_code);
}

static void count_round(struct epoch *epoch)
{
    atomic_fetch_add_explicit(&epoch->rounds, 1, memory_order_relaxed);
}

static void load(void *state, unsigned member)
{
    struct epoch *epoch = state;

    (void)member;
    (void)*(volatile char *)epoch->page.base;
    count_round(epoch);
}

static void poll(void *state, unsigned member)
{
    struct epoch *epoch = state;

    (void)member;
    if (atomic_load_explicit(&epoch->asked, memory_order_acquire) !=
        atomic_load_explicit(&epoch->stopped, memory_order_relaxed))
        stop(epoch, 0);
    count_round(epoch);
}

static int join(void *state, unsigned member)
{
    if (member)
        stopping = state;
    return 0;
}

/* Wait until the other thread has stopped, but not forever. */
static int await_stop(const struct epoch *epoch, unsigned asked)
{
    struct pk_clock from = pk_clock_begin();

    for (unsigned spins = 1; atomic_load_explicit(&epoch->stopped, memory_order_acquire) != asked; spins++)
        if (spins % 1024 == 0) {
            struct pk_clock now = pk_clock_begin();
            if (pk_seconds_between(&from.time, &now.time) > PATIENCE_SECONDS)
                return pk_disprove("the other thread does not stop");
            sched_yield();
        } else {
            pk_pause();
        }
    return 0;
}

static void await_round(const struct epoch *epoch)
{
    unsigned long long before = atomic_load_explicit(&epoch->rounds, memory_order_relaxed);

    for (unsigned spins = 1; atomic_load_explicit(&epoch->rounds, memory_order_relaxed) < before + 2; spins++)
        if (spins % 1024 == 0)
            sched_yield();
}

/* Stop the other thread. `from` is when it was asked to. */
static int stop_by_page(struct epoch *epoch, struct pk_clock *from)
{
    size_t length = pk_region_length(&epoch->page);

    epoch->stops++;
    atomic_store_explicit(&epoch->asked, epoch->stops, memory_order_release);
    *from = pk_clock_begin();
    if (pk_mprotect(epoch->page.base, length, PROT_NONE))
        return pk_disprove("mprotect failed");
    return await_stop(epoch, epoch->stops);
}

static int stop_by_flag(struct epoch *epoch, struct pk_clock *from)
{
    epoch->stops++;
    *from = pk_clock_begin();
    atomic_store_explicit(&epoch->asked, epoch->stops, memory_order_release);
    return await_stop(epoch, epoch->stops);
}

static int open_page(struct epoch *epoch)
{
    return pk_mprotect(epoch->page.base, pk_region_length(&epoch->page), PROT_READ | PROT_WRITE);
}

static void let_go(struct epoch *epoch)
{
    atomic_store_explicit(&epoch->freed, epoch->stops, memory_order_release);
    await_round(epoch);
}

static int measure_page(void *state, uint64_t loops, struct pk_value *value)
{
    struct epoch *epoch = state;
    int status = 0;

    for (; loops && !status; loops--) {
        struct pk_clock from;

        status = stop_by_page(epoch, &from);
        if (!status)
            pk_value_add(value, &from, &epoch->at);
        status |= open_page(epoch);
        let_go(epoch);
    }
    return status;
}

static int measure_flag(void *state, uint64_t loops, struct pk_value *value)
{
    struct epoch *epoch = state;
    int status = 0;

    for (; loops && !status; loops--) {
        struct pk_clock from;

        status = stop_by_flag(epoch, &from);
        if (!status)
            pk_value_add(value, &from, &epoch->at);
        let_go(epoch);
    }
    return status;
}

/* The other thread does not go on, and did not stop before it was asked. */
static int prove_stopped(const struct epoch *epoch, const struct pk_clock *from)
{
    unsigned long long before = atomic_load_explicit(&epoch->rounds, memory_order_relaxed);

    if (pk_seconds_between(&from->time, &epoch->at.time) <= 0)
        return pk_disprove("the other thread stopped before it was asked to");
    wait_milliseconds(1);
    if (atomic_load_explicit(&epoch->rounds, memory_order_relaxed) != before)
        return pk_disprove("the other thread goes on though it has stopped");
    return 0;
}

static int verify_page(void *state)
{
    struct epoch *epoch = state;
    struct pk_clock from;
    int status = pk_region_audit(&epoch->page, PROT_READ | PROT_WRITE, 0);

    await_round(epoch);
    epoch->code = 0;
    if (!status)
        status = stop_by_page(epoch, &from);
    if (!status && epoch->code != SEGV_ACCERR)
        status = pk_disprove("the other thread was stopped with si_code %d instead of %d", epoch->code, SEGV_ACCERR);
    if (!status)
        status = prove_stopped(epoch, &from);
    if (!status)
        status = pk_region_audit(&epoch->page, PROT_NONE, 0);
    if (open_page(epoch) && !status)
        status = pk_disprove("mprotect failed");
    let_go(epoch);
    return status;
}

static int verify_flag(void *state)
{
    struct epoch *epoch = state;
    struct pk_clock from;
    int status;

    await_round(epoch);
    status = stop_by_flag(epoch, &from);
    if (!status)
        status = prove_stopped(epoch, &from);
    let_go(epoch);
    return status;
}

static const struct pk_team_work loading = {.join = join, .idle = load};
static const struct pk_team_work polling = {.idle = poll};

static int setup_page(void *state, const int64_t *point)
{
    struct epoch *epoch = state;
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO};
    int status = pk_region_map(&epoch->page, 1);

    (void)point;
    sigemptyset(&action.sa_mask);
    if (!status && sigaction(SIGSEGV, &action, &epoch->before))
        status = pk_error(errno, "catch SIGSEGV");
    return status ? status : pk_team_start(&epoch->team, 2, PK_TEAM_THREADS, &loading, state);
}

static int setup_flag(void *state, const int64_t *point)
{
    struct epoch *epoch = state;

    (void)point;
    return pk_team_start(&epoch->team, 2, PK_TEAM_THREADS, &polling, state);
}

static void teardown_page(void *state)
{
    struct epoch *epoch = state;

    pk_team_end(&epoch->team);
    sigaction(SIGSEGV, &epoch->before, NULL);
    pk_region_unmap(&epoch->page);
}

static void teardown_flag(void *state)
{
    struct epoch *epoch = state;

    pk_team_end(&epoch->team);
}

PK_BENCHMARK(epoch_stop) = {
    .family = "threads",
    .name = "epoch-stop",
    .group = "epoch",
    .needs = PK_NEEDS_THREADS,
    .operation = "stop a running thread by mprotect to PROT_NONE of the page that it keeps loading from, until the "
                 "handler of its fault runs",
    .support = support_two_cpus,
    .state_size = sizeof(struct epoch),
    .setup = setup_page,
    .measure = measure_page,
    .verify = verify_page,
    .teardown = teardown_page,
};

PK_BENCHMARK(epoch_flag) = {
    .family = "threads",
    .name = "epoch-flag",
    .group = "epoch",
    .needs = PK_NEEDS_THREADS,
    .operation = "stop a running thread by a store to the flag that it keeps polling, until it has seen the store",
    .support = support_two_cpus,
    .state_size = sizeof(struct epoch),
    .setup = setup_flag,
    .measure = measure_flag,
    .verify = verify_flag,
    .teardown = teardown_flag,
};
