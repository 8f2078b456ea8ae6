#define _GNU_SOURCE
#include "parallel/thread_team.h"

#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "parallel/futex.h"
#include "parallel/team_member.h"
#include "reason.h"

static size_t shared_size(unsigned count)
{
    return sizeof(struct pk_team_shared) + count * sizeof(struct pk_member_slot);
}

/* Checked once in many spins: the wait for a dead member process would never end. */
static int check_alive(const struct pk_team *team, unsigned spins)
{
    const struct pk_member *members = team->members;

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
        struct pk_member_slot *slot = &team->shared->slots[i];
        unsigned spins = 0;

        while (atomic_load_explicit(&slot->done, memory_order_acquire) != generation) {
            int status = check_alive(team, spins);
            if (status)
                return status;
            pk_member_relax(&spins);
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
    struct pk_member *members = calloc(count, sizeof *members);
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
        struct pk_member *member = &members[team->started];
        *member = (struct pk_member){.team = team, .index = team->started};
        status = pk_member_start(member);
        if (status)
            return pk_error(-status, kind == PK_TEAM_THREADS ? "start a thread" : "start a process");
    }
    pk_member_finish(&team->shared->slots[0], 1, work->join ? work->join(state, 0) : 0);
    return await_members(team, 1);
}

void pk_team_end(struct pk_team *team)
{
    struct pk_member *members = team->members;

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
        pk_member_finish(&team->shared->slots[0], generation, i == 0 ? team->work->verify(team->state, 0) : 0);
        status = await_members(team, generation);
        if (status)
            return status;
    }
    return 0;
}

int pk_team_measure(struct pk_team *team, uint64_t loops, struct pk_value *value)
{
    struct pk_team_shared *shared = team->shared;
    unsigned generation, spins = 0, running = pk_members_running(team);
    int status;

    shared->loops = loops;
    generation = give_command(team, COMMAND_RUN);
    while (atomic_load(&shared->arrived) != running - 1) {
        if ((status = check_alive(team, spins)))
            return status;
        pk_member_relax(&spins);
    }
    atomic_store_explicit(&shared->gate, generation, memory_order_release);
    pk_member_run_timed(team, 0, generation);
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

    snprintf(path, sizeof path, "/proc/%d/stat", thread); /* also of a thread in another process */
    stat = fopen(path, "re");
    if (!stat)
        return pk_error(errno, "read a thread's state");
    if (fscanf(stat, "%*d (%*[^)]) %c", &state) != 1)
        state = '?';
    fclose(stat);
    return state == 'S' ? 0 : pk_disprove("a thread that must sleep is in state %c", state);
}
