/* What the members of a team share, and the life of a member. Private to thread_team.c and team_member.c. */
#pragma once

#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>

#include "parallel/thread_team.h"

enum command { COMMAND_NONE, COMMAND_RUN, COMMAND_VERIFY, COMMAND_QUIT };

/* At least one cache line for each member, so that storing one member's times does not slow down another. */
struct pk_member_slot {
    _Alignas(128) atomic_uint done; /* the last finished generation */
    atomic_ullong idled;
    atomic_int thread; /* its id, for /proc */
    int status;
    double seconds;
    uint64_t ticks;
    char reason[256];
};

/* In shared memory, because the members may be processes. */
struct pk_team_shared {
    _Alignas(128) atomic_uint generation; /* the futex: increases with each command */
    enum command command;
    unsigned only; /* COMMAND_VERIFY: the member to verify */
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

/* Wait without sleeping. If there are more members than CPUs, let others run. */
void pk_member_relax(unsigned *spins);

/* The number of members that run: all except those that stay idle. */
unsigned pk_members_running(const struct pk_team *team);

/* Start a member's thread or process. 0 or -errno. */
int pk_member_start(struct pk_member *member);

/* Report that a member has finished this generation's command. */
void pk_member_finish(struct pk_member_slot *slot, unsigned generation, int status);

/* Wait for the others, then do the timed work of this generation's command. */
void pk_member_run_timed(struct pk_team *team, unsigned index, unsigned generation);
