/* Another thread or process that does what it is asked, one request at a time: by futex or by pipe. */
#pragma once

#include <sched.h>

enum pk_peer_kind { PK_PEER_THREAD, PK_PEER_PROCESS };
enum pk_peer_way { PK_PEER_FUTEX, PK_PEER_PIPE };
enum pk_peer_place {
    PK_PEER_SAME_CPU, /* asker and peer are pinned to one CPU: each request is two context switches */
    PK_PEER_OTHER_CPU /* each is pinned to a CPU of its own, where there are two; else both to the only one */
};

/* What the peer does; each function gets the benchmark's state, in a process its own copy of it. */
struct pk_peer_work {
    int (*join)(void *state);                /* before the first request: 0, PK_SKIPPED or -errno; or NULL */
    int (*answer)(void *state, int request); /* 0, or a failure that the asker gets; or NULL: just answers */
};

struct pk_peer_shared;

struct pk_peer {
    struct pk_peer_shared *shared;
    void *member;
    enum pk_peer_way way;
    enum pk_peer_kind kind;
    int requests, answers; /* the asker's ends of the pipes */
    cpu_set_t before;      /* the asker's affinity as found */
    int pinned, started;
};

/* 0, PK_SKIPPED or -errno; pk_peer_end follows in each case. */
int pk_peer_start(struct pk_peer *peer, enum pk_peer_kind kind, enum pk_peer_way way, enum pk_peer_place place,
                  const struct pk_peer_work *work, void *state);

/* Timed: one request and its answer. What `answer` returned, or -errno. */
int pk_peer_ask(struct pk_peer *peer, int request);

/* The process's id, or the thread's. */
int pk_peer_id(const struct pk_peer *peer);

/* How many requests it has answered. */
unsigned long pk_peer_answered(const struct pk_peer *peer);

/* End it, close what belongs to it, put the asker's affinity back. */
void pk_peer_end(struct pk_peer *peer);
