#define _GNU_SOURCE
#include "parallel/thread_team.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "parallel/cpus.h"
#include "parallel/futex.h"
#include "timing/clock.h"

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_VERIFY, COMMAND_QUIT };

/* One cache line or more a member, so that nobody's clock is stored into a line that another one reads. */
struct slot {
    _Alignas(128) atomic_uint done; /* the generation last finished */
    atomic_ullong idled;
    atomic_int thread; /* its id, for /proc */
    int status;
    double seconds;
    uint64_t ticks;
    char reason[256];
};

/* Lies in shared memory, because the members may be processes. */
struct pk_team_shared {
    _Alignas(128) atomic_uint generation; /* the futex: grows with each command */
    enum command command;
    unsigned only; /* COMMAND_VERIFY: the member that is meant */
    uint64_t loops;
    _Alignas(128) atomic_uint arrived;
    _Alignas(128) atomic_uint gate; /* the generation that may start */
    struct slot slots[];
};

struct member {
    struct pk_team *team;
    unsigned index;
    pthread_t thread;
    pid_t process;
};

/* Wait without sleeping; where there are more members than CPUs, let the others run. */
static void relax(unsigned *spins)
{
    if (++*spins % 1024 == 0)
        sched_yield();
    else
        pk_pause();
}

static void pin(unsigned member)
{
    int cpus[CPU_SETSIZE], count = pk_last_cpus(cpus, CPU_SETSIZE);

    if (count)
        pk_pin(cpus[member % (unsigned)count]);
}

static size_t shared_size(unsigned count)
{
    return sizeof(struct pk_team_shared) + count * sizeof(struct slot);
}

static void finish(struct slot *slot, unsigned generation, int status)
{
    slot->status = status;
    if (status)
        snprintf(slot->reason, sizeof slot->reason, "%s", pk_reason());
    atomic_store_explicit(&slot->done, generation, memory_order_release);
}

static void run_timed(struct pk_team *team, unsigned index, unsigned generation)
{
    struct pk_team_shared *shared = team->shared;
    struct slot *slot = &shared->slots[index];
    struct pk_clock from, to;
    unsigned spins = 0;
    int status;

    atomic_fetch_add(&shared->arrived, 1);
    while (atomic_load_explicit(&shared->gate, memory_order_acquire) != generation)
        relax(&spins);
    from = pk_clock_begin();
    status = team->work->run(team->state, index, shared->loops);
    to = pk_clock_end();
    slot->ticks = to.ticks - from.ticks;
    slot->seconds = pk_seconds_between(&from.time, &to.time);
    if (status)
        pk_error(status < 0 ? -status : EIO, "the operation failed while it was timed");
    finish(slot, generation, status);
}

static unsigned await_command(struct pk_team *team, unsigned index, unsigned last)
{
    struct pk_team_shared *shared = team->shared;
    struct slot *slot = &shared->slots[index];
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

static unsigned count_running(const struct pk_team *team)
{
    return team->count - team->work->beside;
}

/* The life of a member other than the caller. */
static void serve(struct pk_team *team, unsigned index)
{
    struct pk_team_shared *shared = team->shared;
    struct slot *slot = &shared->slots[index];
    unsigned generation = 1;

    atomic_store(&slot->thread, (int)syscall(SYS_gettid));
    finish(slot, generation, team->work->join ? team->work->join(team->state, index) : 0);
    for (;;) {
        generation = await_command(team, index, generation);
        if (shared->command == COMMAND_QUIT)
            return;
        if (shared->command == COMMAND_RUN && index < count_running(team))
            run_timed(team, index, generation);
        else if (shared->command == COMMAND_VERIFY && shared->only == index)
            finish(slot, generation, team->work->verify(team->state, index));
        else
            finish(slot, generation, 0);
    }
}

static void *thread_main(void *argument)
{
    struct member *member = argument;

    pin(member->index);
    serve(member->team, member->index);
    return NULL;
}

static int start_process(struct member *member)
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

static int start_member(struct member *member)
{
    if (member->team->kind == PK_TEAM_PROCESSES)
        return start_process(member);
    return -pthread_create(&member->thread, NULL, thread_main, member);
}

/* Looked at once in many turns: a member process that is gone would be waited for without end. */
static int check_alive(const struct pk_team *team, unsigned spins)
{
    const struct member *members = team->members;

    if (team->kind == PK_TEAM_THREADS || spins % (1u << 20) != (1u << 20) - 1)
        return 0;
    for (unsigned i = 1; i < team->started; i++) {
        siginfo_t info = {0};
        if (waitid(P_PID, (id_t)members[i].process, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid)
            return pk_error(ECHILD, "a member process died");
    }
    return 0;
}

static int await_members(struct pk_team *team, unsigned generation)
{
    for (unsigned i = 1; i < team->started; i++) {
        struct slot *slot = &team->shared->slots[i];
        unsigned spins = 0;

        while (atomic_load_explicit(&slot->done, memory_order_acquire) != generation) {
            int status = check_alive(team, spins);
            if (status)
                return status;
            relax(&spins);
        }
    }
    for (unsigned i = 0; i < team->started; i++)
        if (team->shared->slots[i].status) {
            int status = team->shared->slots[i].status;
            if (status > 0)
                return pk_skip("%s", team->shared->slots[i].reason);
            pk_disprove("%s", team->shared->slots[i].reason);
            return status;
        }
    return 0;
}

static unsigned give_command(struct pk_team *team, enum command command)
{
    struct pk_team_shared *shared = team->shared;
    unsigned generation = atomic_load(&shared->generation) + 1;

    shared->command = command;
    atomic_store(&shared->arrived, 0);
    atomic_store_explicit(&shared->generation, generation, memory_order_release);
    pk_futex_wake(&shared->generation, INT_MAX, 1);
    return generation;
}

int pk_team_start(struct pk_team *team, unsigned count, enum pk_team_kind kind, const struct pk_team_work *work,
                  void *state)
{
    struct member *members = calloc(count, sizeof *members);
    int status;

    *team = (struct pk_team){.members = members, .count = count, .kind = kind, .work = work, .state = state};
    if (!members)
        return pk_error(ENOMEM, "allocate the team");
    team->shared = mmap(NULL, shared_size(count), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (team->shared == MAP_FAILED) {
        team->shared = NULL;
        return pk_error(errno, "share memory with the team");
    }
    atomic_store(&team->shared->generation, 1);
    for (team->started = 1; team->started < count; team->started++) {
        struct member *member = &members[team->started];
        *member = (struct member){.team = team, .index = team->started};
        status = start_member(member);
        if (status)
            return pk_error(-status, kind == PK_TEAM_THREADS ? "start a thread" : "start a process");
    }
    finish(&team->shared->slots[0], 1, work->join ? work->join(state, 0) : 0);
    return await_members(team, 1);
}

void pk_team_end(struct pk_team *team)
{
    struct member *members = team->members;

    if (team->shared && team->started > 1)
        give_command(team, COMMAND_QUIT);
    for (unsigned i = 1; i < team->started; i++)
        if (team->kind == PK_TEAM_THREADS)
            pthread_join(members[i].thread, NULL);
        else
            waitpid(members[i].process, NULL, 0);
    if (team->shared)
        munmap(team->shared, shared_size(team->count));
    free(members);
    memset(team, 0, sizeof *team);
}

int pk_team_verify(struct pk_team *team)
{
    for (unsigned i = 0; i < team->count; i++) {
        unsigned generation;
        int status;

        team->shared->only = i;
        generation = give_command(team, COMMAND_VERIFY);
        finish(&team->shared->slots[0], generation, i == 0 ? team->work->verify(team->state, 0) : 0);
        status = await_members(team, generation);
        if (status)
            return status;
    }
    return 0;
}

int pk_team_measure(struct pk_team *team, uint64_t loops, struct pk_value *value)
{
    struct pk_team_shared *shared = team->shared;
    unsigned generation, spins = 0, running = count_running(team);
    int status;

    shared->loops = loops;
    generation = give_command(team, COMMAND_RUN);
    while (atomic_load(&shared->arrived) != running - 1) {
        if ((status = check_alive(team, spins)))
            return status;
        relax(&spins);
    }
    atomic_store_explicit(&shared->gate, generation, memory_order_release);
    run_timed(team, 0, generation);
    status = await_members(team, generation);
    value->members = running;
    for (unsigned i = 0; i < running; i++) {
        value->seconds += shared->slots[i].seconds / running;
        value->ticks += shared->slots[i].ticks / running;
        if (shared->slots[i].seconds > value->slowest)
            value->slowest = shared->slots[i].seconds;
    }
    return status;
}

uint64_t pk_team_idled(const struct pk_team *team, unsigned member)
{
    return atomic_load_explicit(&team->shared->slots[member].idled, memory_order_relaxed);
}

int pk_team_prove_asleep(const struct pk_team *team, unsigned member)
{
    char path[64], state = '?';
    FILE *stat;
    int thread = atomic_load(&team->shared->slots[member].thread);

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    stat = fopen(path, "re");
    if (!stat)
        return pk_error(errno, "read a thread's state");
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    fclose(stat);
    return state == 'S' ? 0 : pk_disprove("a thread that must sleep is in state %c", state);
}
