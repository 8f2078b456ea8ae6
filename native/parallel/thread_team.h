/* A team of threads or processes, each pinned to an allowed CPU. They start together behind a barrier, and each has
 * its own clock. */
#pragma once

#include <stdint.h>

#include "benchmark.h"

struct pk_team_shared;

/* What the members do. Member 0 is the caller. Each function gets the benchmark's state; in a team of processes, it
 * gets that process's copy. */
struct pk_team_work {
    int (*join)(void *state, unsigned member);   /* before the first value; 0, PK_SKIPPED or -errno; or NULL */
    int (*verify)(void *state, unsigned member); /* one member at a time; or NULL */
    int (*run)(void *state, unsigned member, uint64_t loops); /* timed: the operation and the counter; or NULL */
    /* What a member other than the caller does between commands. It is called again and again; each call is short.
     * NULL: the member sleeps. */
    void (*idle)(void *state, unsigned member);
    unsigned idle_members; /* number of members, the last ones, that never run, but stay idle meanwhile */
};

enum pk_team_kind { PK_TEAM_THREADS, PK_TEAM_PROCESSES };

struct pk_team {
    struct pk_team_shared *shared;
    void *members;
    unsigned count;   /* including the caller */
    unsigned started; /* members that must be ended */
    enum pk_team_kind kind;
    const struct pk_team_work *work;
    void *state;
};

/* 0, PK_SKIPPED or -errno; pk_team_end follows in each case. */
int pk_team_start(struct pk_team *team, unsigned count, enum pk_team_kind kind, const struct pk_team_work *work,
                  void *state);
void pk_team_end(struct pk_team *team);

/* Have each member run work->verify. */
int pk_team_verify(struct pk_team *team);

/* Have all running members work at once. The value is the mean over them. */
int pk_team_measure(struct pk_team *team, uint64_t loops, struct pk_value *value);

/* How often this member's `idle` has been called. The number grows while the member runs in user mode. */
uint64_t pk_team_idled(const struct pk_team *team, unsigned member);

/* Prove from /proc that a member without `idle` sleeps in the kernel. */
int pk_team_prove_asleep(const struct pk_team *team, unsigned member);
