#define _GNU_SOURCE
#include "parallel/peer_member.h"

#include <stdio.h>

#include "benchmark.h"
#include "parallel/cpus.h"

int pk_peer_receive(int pipe, struct message *message)
{
    ssize_t length;

    do
        length = read(pipe, message, sizeof *message);
    while (length < 0 && errno == EINTR);
    return length == sizeof *message ? 0 : -(length ? errno : EPIPE);
}

static int answer(const struct pk_peer_member *member, int request)
{
    int status = member->work->answer ? member->work->answer(member->state, request) : 0;

    atomic_fetch_add_explicit(&member->shared->answered, 1, memory_order_relaxed);
    return status;
}

static void serve_by_futex(struct pk_peer_member *member)
{
    struct pk_peer_shared *shared = member->shared;

    for (;;) {
        while (atomic_load_explicit(&shared->turn, memory_order_acquire) != TURN_PEER)
            pk_futex_wait(&shared->turn, TURN_ASKER, member->shared_futex, 0);
        if (shared->order == ORDER_QUIT)
            return;
        shared->status = answer(member, shared->request);
        pass_turn(shared, TURN_ASKER, member->shared_futex);
    }
}

static void serve_by_pipe(struct pk_peer_member *member)
{
    struct message message;

    while (!pk_peer_receive(member->requests, &message) && message.order != ORDER_QUIT)
        if (send_message(member->answers, ORDER_ANSWER, answer(member, message.value)))
            return;
}

/* The life of a peer. A non-zero id shows that it has joined. */
static void serve(struct pk_peer_member *member)
{
    struct pk_peer_shared *shared = member->shared;

    pk_pin(member->cpu);
    shared->status = member->work->join ? member->work->join(member->state) : 0;
    if (shared->status)
        snprintf(shared->reason, sizeof shared->reason, "%s", pk_reason());
    atomic_store(&shared->id, (unsigned)syscall(SYS_gettid));
    pk_futex_wake(&shared->id, 1, 1);
    if (member->way == PK_PEER_PIPE)
        serve_by_pipe(member);
    else
        serve_by_futex(member);
}

static void *thread_main(void *argument)
{
    serve(argument);
    return NULL;
}

static int start_process(struct pk_peer_member *member, const struct pk_peer *peer)
{
    pid_t parent = getpid();

    member->process = fork();
    if (member->process < 0)
        return -errno;
    if (member->process == 0) {
        pk_end_with_parent(parent);
        if (member->way == PK_PEER_PIPE) {
            close(peer->requests);
            close(peer->answers);
        }
        serve(member);
        _exit(0);
    }
    /* The asker keeps both ends of the pipe it writes to, so a dead peer causes no SIGPIPE. It keeps no write end of
     * the pipe it reads from, so it notices when the peer dies. */
    close_pipe(&member->answers);
    return 0;
}

int pk_peer_member_start(struct pk_peer_member *member, const struct pk_peer *peer)
{
    if (peer->kind == PK_PEER_PROCESS)
        return start_process(member, peer);
    return -pthread_create(&member->thread, NULL, thread_main, member);
}
