/* Another thread or process that does what it is asked, one request at a time, by futex or by pipe. */
#pragma once

#include <sched.h>

enum pk_peer_kind { PK_PEER_THREAD, PK_PEER_PROCESS };
enum pk_peer_way { PK_PEER_FUTEX, PK_PEER_PIPE };
enum pk_peer_place {
    PK_PEER_SAME_CPU, /* both on one CPU: each request takes two context switches */
    PK_PEER_OTHER_CPU /* each on its own CPU if there are two, otherwise both on one */
};

/* What the peer does. Each function gets the benchmark's state; in a process, it gets that process's copy. */
struct pk_peer_work {
    int (*join)(void *state);                /* before the first request: 0, PK_SKIPPED or -errno; or NULL */
    int (*answer)(void *state, int request); /* 0, or a failure that is passed to the asker; NULL: only answer */
};

struct pk_peer_shared;

struct pk_peer {
    struct pk_peer_shared *shared;
    void *member;
    enum pk_peer_way way;
    enum pk_peer_kind kind;
    int requests, answers; /* the asker's ends of the pipes */
    cpu_set_t before;      /* the asker's original CPU affinity */
    int pinned, started;
};

/* 0, PK_SKIPPED or -errno; pk_peer_end follows in each case. */
int pk_peer_start(struct pk_peer *peer, enum pk_peer_kind kind, enum pk_peer_way way, enum pk_peer_place place,
                  const struct pk_peer_work *work, void *state);

/* Timed: one request and its answer. Returns what `answer` returned, or -errno. */
int pk_peer_ask(struct pk_peer *peer, int request);

/* The id of the process or thread. */
int pk_peer_id(const struct pk_peer *peer);

/* The number of requests it has answered. */
unsigned long pk_peer_answered(const struct pk_peer *peer);

/* End the peer, close its pipes, and restore the asker's CPU affinity. */
void pk_peer_end(struct pk_peer *peer);
