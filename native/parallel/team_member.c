#define _GNU_SOURCE
#include "parallel/team_member.h"

#include <errno.h>
#include <sched.h>
#include <stdio.h>

#include "cpu/clock.h"
#include "cpu/pkey.h"
#include "parallel/cpus.h"
#include "parallel/futex.h"

void pk_member_relax(unsigned *spins)
{
    if (++*spins % 1024 == 0)
        sched_yield();
    else
        pk_pause();
}

unsigned pk_members_running(const struct pk_team *team)
{
    return team->count - team->work->idle_members;
}

static void pin(unsigned member)
{
    int cpus[CPU_SETSIZE], count = pk_last_cpus(cpus, CPU_SETSIZE);

    if (count)
        pk_pin(cpus[member % (unsigned)count]);
}

void pk_member_finish(struct pk_member_slot *slot, unsigned generation, int status)
{
    slot->status = status;
    if (status)
        snprintf(slot->reason, sizeof slot->reason, "%s", pk_reason());
    atomic_store_explicit(&slot->done, generation, memory_order_release);
}

void pk_member_run_timed(struct pk_team *team, unsigned index, unsigned generation)
{
    struct pk_team_shared *shared = team->shared;
    struct pk_member_slot *slot = &shared->slots[index];
    struct pk_clock from, to;
    unsigned spins = 0;
    int status;

    atomic_fetch_add(&shared->arrived, 1);
    while (atomic_load_explicit(&shared->gate, memory_order_acquire) != generation)
        pk_member_relax(&spins);
    from = pk_clock_begin();
    status = team->work->run(team->state, index, shared->loops);
    to = pk_clock_end();
    slot->ticks = to.ticks - from.ticks;
    slot->seconds = pk_seconds_between(&from.time, &to.time);
    if (status)
        pk_error(status < 0 ? -status : EIO, "the operation failed while it was timed");
    pk_member_finish(slot, generation, status);
}

static unsigned await_command(struct pk_team *team, unsigned index, unsigned last)
{
    struct pk_team_shared *shared = team->shared;
    struct pk_member_slot *slot = &shared->slots[index];
    unsigned generation;

    while ((generation = atomic_load_explicit(&shared->generation, memory_order_acquire)) == last) {
        if (team->work->idle) {
            team->work->idle(team->state, index);
            atomic_fetch_add_explicit(&slot->idled, 1, memory_order_relaxed);
        } else {
            pk_futex_wait(&shared->generation, last, 1, 0);
        }
    }
    return generation;
}

/* The life of every member except the caller. */
static void serve(struct pk_team *team, unsigned index)
{
    struct pk_team_shared *shared = team->shared;
    struct pk_member_slot *slot = &shared->slots[index];
    unsigned generation = 1;

    atomic_store(&slot->thread, (int)syscall(SYS_gettid));
    pk_member_finish(slot, generation, team->work->join ? team->work->join(team->state, index) : 0);
    for (;;) {
        generation = await_command(team, index, generation);
        if (shared->command == COMMAND_QUIT)
            return;
        if (shared->command == COMMAND_RUN && index < pk_members_running(team))
            pk_member_run_timed(team, index, generation);
        else if (shared->command == COMMAND_VERIFY && shared->only == index)
            pk_member_finish(slot, generation, team->work->verify(team->state, index));
        else
            pk_member_finish(slot, generation, 0);
    }
}

static void *thread_main(void *argument)
{
    struct pk_member *member = argument;

    pin(member->index);
    serve(member->team, member->index);
    return NULL;
}

static int start_process(struct pk_member *member)
{
    pid_t parent = getpid();

    member->process = fork();
    if (member->process < 0)
        return -errno;
    if (member->process == 0) {
        pk_end_with_parent(parent);
        pin(member->index);
        serve(member->team, member->index);
        _exit(0);
    }
    return 0;
}

int pk_member_start(struct pk_member *member)
{
    if (member->team->kind == PK_TEAM_PROCESSES)
        return start_process(member);
    return -pthread_create(&member->thread, NULL, thread_main, member);
}
