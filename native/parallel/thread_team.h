/* Threads or processes pinned one per allowed CPU, that begin together behind a barrier, each with its own clock. */
#pragma once

#include <stdint.h>

#include "benchmark.h"

struct pk_team_shared;

/* What the members do. Member 0 is the caller. Each function gets the benchmark's state; in a team of processes, the
 * process's own copy of it. */
struct pk_team_work {
    int (*join)(void *state, unsigned member);   /* before the first value; 0, PK_SKIPPED or -errno; or NULL */
    int (*verify)(void *state, unsigned member); /* one member at a time; or NULL */
    int (*run)(void *state, unsigned member, uint64_t loops); /* timed: the operation and the counter; or NULL */
    /* What a member other than the caller does between two commands: called again and again, each call short. NULL: it
     * sleeps. */
    void (*idle)(void *state, unsigned member);
    unsigned beside; /* how many, of the last, never run, but stay idle while the others do */
};

enum pk_team_kind { PK_TEAM_THREADS, PK_TEAM_PROCESSES };

struct pk_team {
    struct pk_team_shared *shared;
    void *members;
    unsigned count;   /* the caller included */
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

/* Have all members that run do so at once; the value is the mean over them. */
int pk_team_measure(struct pk_team *team, uint64_t loops, struct pk_value *value);

/* How often this member has been idle since the start: it grows while a member runs in user mode. */
uint64_t pk_team_idled(const struct pk_team *team, unsigned member);

/* Prove that a member that has no `idle` is blocked in the kernel: /proc says that it sleeps. */
int pk_team_prove_asleep(const struct pk_team *team, unsigned member);
