/* A member of a team: what it shares with the others, and its life. Only the team's own files use this. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "parallel/thread_team.h"

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_VERIFY, COMMAND_QUIT };

/* One cache line or more a member, so that nobody's clock is stored into a line that another one reads. */
struct pk_member_slot {
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
    struct pk_member_slot slots[];
};

struct pk_member {
    struct pk_team *team;
    unsigned index;
    pthread_t thread;
    pid_t process;
};

/* Wait without sleeping; where there are more members than CPUs, let the others run. */
void pk_member_relax(unsigned *spins);

/* How many members run at a command: all but those that stay idle. */
unsigned pk_members_running(const struct pk_team *team);

/* Start a member's thread or process. 0 or -errno. */
int pk_member_start(struct pk_member *member);

/* Say that a member has done what this generation's command asks. */
void pk_member_finish(struct pk_member_slot *slot, unsigned generation, int status);

/* Wait for the others, then do the timed work of this generation's command. */
void pk_member_run_timed(struct pk_team *team, unsigned index, unsigned generation);
