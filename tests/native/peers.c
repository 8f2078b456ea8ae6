/* Asks threads and processes by each way and in each place. Checks their answers, that they answer from the right
 * place, and that nobody waits for a dead one. */
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "parallel/peer.h"
#include "tap.h"

#define DIE -1
#define TIMES 1000

static int answer(void *state, int request)
{
    if (request == DIE)
        raise(SIGKILL);
    return request + *(const int *)state;
}

static int refuse(void *state)
{
    (void)state;
    return -EPERM;
}

static void say(const char *name, const char *wrong)
{
    if (wrong)
        tap_not_ok(name, wrong);
    else
        tap_ok(name);
}

static const char *what_is_wrong(struct pk_peer *peer, const int *state)
{
    for (int request = 0; request < TIMES; request++)
        if (pk_peer_ask(peer, request) != request + *state)
            return "an answer is wrong";
    if (pk_peer_answered(peer) != TIMES)
        return "it did not answer as often as it was asked";
    if (pk_peer_id(peer) == getpid())
        return "the asker answered itself";
    if (peer->kind == PK_PEER_PROCESS && pk_peer_ask(peer, DIE) >= 0)
        return "a dead process answered";
    return NULL;
}

static void try_one(enum pk_peer_kind kind, enum pk_peer_way way, enum pk_peer_place place)
{
    static const struct pk_peer_work work = {.answer = answer};
    struct pk_peer peer;
    cpu_set_t before, after;
    char name[64];
    int state = 5;
    const char *wrong;

    snprintf(name, sizeof name, "%s by %s on %s CPU", kind == PK_PEER_THREAD ? "thread" : "process",
             way == PK_PEER_PIPE ? "pipe" : "futex", place == PK_PEER_SAME_CPU ? "the same" : "another");
    sched_getaffinity(0, sizeof before, &before);
    wrong = pk_peer_start(&peer, kind, way, place, &work, &state) ? "it did not start" : what_is_wrong(&peer, &state);
    pk_peer_end(&peer);
    sched_getaffinity(0, sizeof after, &after);
    say(name, !wrong && !CPU_EQUAL(&before, &after) ? "the asker's affinity is not as before" : wrong);
}

static void try_refusal(enum pk_peer_kind kind)
{
    static const struct pk_peer_work work = {.join = refuse};
    struct pk_peer peer;
    int status = pk_peer_start(&peer, kind, PK_PEER_PIPE, PK_PEER_OTHER_CPU, &work, NULL);

    pk_peer_end(&peer);
    say(kind == PK_PEER_THREAD ? "thread that can't join" : "process that can't join",
        status == -EPERM ? NULL : "it started");
}

int main(void)
{
    tap_begin();
    for (int kind = PK_PEER_THREAD; kind <= PK_PEER_PROCESS; kind++) {
        for (int way = PK_PEER_FUTEX; way <= PK_PEER_PIPE; way++)
            for (int place = PK_PEER_SAME_CPU; place <= PK_PEER_OTHER_CPU; place++)
                try_one(kind, way, place);
        try_refusal(kind);
    }
    return tap_end();
}
