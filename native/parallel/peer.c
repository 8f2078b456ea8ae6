#define _GNU_SOURCE
#include "parallel/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "parallel/cpus.h"
#include "parallel/peer_member.h"
#include "reason.h"

static int open_pipes(struct pk_peer *peer, struct pk_peer_member *member)
{
    int requests[2], answers[2];

    if (pipe2(requests, O_CLOEXEC))
        return pk_error(errno, "pipe");
    member->requests = requests[0];
    peer->requests = requests[1];
    if (pipe2(answers, O_CLOEXEC))
        return pk_error(errno, "pipe");
    peer->answers = answers[0];
    member->answers = answers[1];
    return 0;
}

static int prove_alive(const struct pk_peer *peer)
{
    const struct pk_peer_member *member = peer->member;
    siginfo_t info = {0};

    if (peer->kind == PK_PEER_PROCESS &&
        (waitid(P_PID, (id_t)member->process, &info, WEXITED | WNOHANG | WNOWAIT) || info.si_pid))
        return pk_error(ECHILD, "the other process died");
    return 0;
}

/* The sleep ends regularly to check that the peer is still alive. Otherwise, the wait for a dead peer would never
 * end. */
static int await(const struct pk_peer *peer, atomic_uint *word, unsigned value)
{
    int status = 0;

    while (!status && atomic_load_explicit(word, memory_order_acquire) == value)
        if (pk_futex_wait(word, value, peer->kind == PK_PEER_PROCESS || word != &peer->shared->turn, 1) == -ETIMEDOUT)
            status = prove_alive(peer);
    return status;
}

static int choose_cpus(struct pk_peer *peer, struct pk_peer_member *member, enum pk_peer_place place)
{
    int cpus[2], count = pk_last_cpus(cpus, 2);

    if (count < 1 || sched_getaffinity(0, sizeof peer->before, &peer->before))
        return pk_error(errno, "sched_getaffinity");
    member->cpu = place == PK_PEER_OTHER_CPU && count > 1 ? cpus[1] : cpus[0];
    peer->pinned = 1;
    return pk_pin(cpus[0]);
}

int pk_peer_start(struct pk_peer *peer, enum pk_peer_kind kind, enum pk_peer_way way, enum pk_peer_place place,
                  const struct pk_peer_work *work, void *state)
{
    struct pk_peer_member *member = calloc(1, sizeof *member);
    int status;

    *peer = (struct pk_peer){.member = member, .way = way, .kind = kind, .requests = -1, .answers = -1};
    if (!member)
        return pk_error(ENOMEM, "allocate the peer");
    *member = (struct pk_peer_member){.work = work,
                                      .state = state,
                                      .way = way,
                                      .shared_futex = kind == PK_PEER_PROCESS,
                                      .requests = -1,
                                      .answers = -1};
    peer->shared = mmap(NULL, sizeof *peer->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (peer->shared == MAP_FAILED) {
        peer->shared = NULL;
        return pk_error(errno, "share memory with the peer");
    }
    member->shared = peer->shared;
    status = choose_cpus(peer, member, place);
    if (!status && way == PK_PEER_PIPE)
        status = open_pipes(peer, member);
    if (status)
        return status;
    status = pk_peer_member_start(member, peer);
    if (status) {
        member->process = 0;
        return pk_error(-status, kind == PK_PEER_PROCESS ? "start a process" : "start a thread");
    }
    peer->started = 1;
    status = await(peer, &peer->shared->id, 0);
    if (status)
        return status;
    if (peer->shared->status > 0)
        return pk_skip("%s", peer->shared->reason);
    if (peer->shared->status < 0)
        pk_disprove("%s", peer->shared->reason);
    return peer->shared->status;
}

int pk_peer_ask(struct pk_peer *peer, int request)
{
    struct pk_peer_shared *shared = peer->shared;
    int status;

    if (peer->way == PK_PEER_PIPE) {
        struct message message;
        status = send_message(peer->requests, ORDER_ANSWER, request);
        if (!status)
            status = pk_peer_receive(peer->answers, &message);
        return status ? status : message.value;
    }
    shared->order = ORDER_ANSWER;
    shared->request = request;
    pass_turn(shared, TURN_PEER, peer->kind == PK_PEER_PROCESS);
    status = await(peer, &shared->turn, TURN_PEER);
    return status ? status : shared->status;
}

int pk_peer_id(const struct pk_peer *peer)
{
    return (int)atomic_load(&peer->shared->id);
}

unsigned long pk_peer_answered(const struct pk_peer *peer)
{
    return atomic_load(&peer->shared->answered);
}

static void tell_to_quit(struct pk_peer *peer)
{
    if (peer->way == PK_PEER_PIPE) {
        send_message(peer->requests, ORDER_QUIT, 0);
        return;
    }
    peer->shared->order = ORDER_QUIT;
    pass_turn(peer->shared, TURN_PEER, peer->kind == PK_PEER_PROCESS);
}

void pk_peer_end(struct pk_peer *peer)
{
    struct pk_peer_member *member = peer->member;

    if (!member)
        return;
    if (peer->started) {
        tell_to_quit(peer);
        if (peer->kind == PK_PEER_PROCESS)
            waitpid(member->process, NULL, 0);
        else
            pthread_join(member->thread, NULL);
    }
    close_pipe(&peer->requests);
    close_pipe(&peer->answers);
    close_pipe(&member->requests);
    close_pipe(&member->answers);
    if (peer->shared)
        munmap(peer->shared, sizeof *peer->shared);
    if (peer->pinned)
        sched_setaffinity(0, sizeof peer->before, &peer->before);
    free(member);
    memset(peer, 0, sizeof *peer);
}
