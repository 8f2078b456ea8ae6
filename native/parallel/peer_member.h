/* What the asker and its peer share, how a turn or a message passes between them, and the start of the peer. Private
 * to peer.c and peer_member.c. */
#pragma once

#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <sys/types.h>
#include <unistd.h>

#include "parallel/futex.h"
#include "parallel/peer.h"

enum turn { TURN_ASKER, TURN_PEER };
enum order { ORDER_ANSWER, ORDER_QUIT };

/* In shared memory, because the peer may be a process. */
struct pk_peer_shared {
    _Alignas(128) atomic_uint turn; /* the futex */
    enum order order;
    int request;
    int status;
    _Alignas(128) atomic_ulong answered;
    atomic_uint id;
    char reason[256];
};

struct pk_peer_member {
    struct pk_peer_shared *shared;
    const struct pk_peer_work *work;
    void *state;
    enum pk_peer_way way;
    int shared_futex; /* true between processes */
    int requests, answers, cpu;
    pthread_t thread;
    pid_t process;
};

/* A message in a pipe: a request, or the status of an answer. */
struct message {
    enum order order;
    int value;
};

static int send_message(int pipe, enum order order, int value)
{
    struct message message = {order, value};

    return write(pipe, &message, sizeof message) == sizeof message ? 0 : -(errno ? errno : EPIPE);
}

/* Wait for a message. 0 or -errno. */
int pk_peer_receive(int pipe, struct message *message);

static void pass_turn(struct pk_peer_shared *shared, enum turn turn, int between_processes)
{
    atomic_store_explicit(&shared->turn, turn, memory_order_release);
    pk_futex_wake(&shared->turn, 1, between_processes);
}

static void close_pipe(int *end)
{
    if (*end >= 0)
        close(*end);
    *end = -1;
}

/* Start the peer's thread or process. 0 or -errno. */
int pk_peer_member_start(struct pk_peer_member *member, const struct pk_peer *peer);
