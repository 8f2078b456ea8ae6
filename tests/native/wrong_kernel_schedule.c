#include "fake_calls.h"
#include "wrong.h"

#include <fcntl.h>

#include "families/kernel/schedule.c"

static int expect_another_pkru(void *state)
{
    struct pair *pair = state;

    pair->other = pk_pkru_with(pair->other, pair->key.number, PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE);
    return 0;
}

static int change_own_pkru(void *state)
{
    const struct pair *pair = state;

    pk_wrpkru(pk_pkru_with(pair->this, pair->key.number, PKEY_DISABLE_ACCESS | PKEY_DISABLE_WRITE));
    return 0;
}

/* The answers are in the pipe before any request, so the other thread receives none. */
static int answer_oneself(void *state)
{
    struct pair *pair = state;
    char answers[4096] = {0};
    int ends[2];

    if (pipe2(ends, O_CLOEXEC) || write(ends[1], answers, sizeof answers) < 0)
        return -errno;
    dup2(ends[0], pair->peer.answers);
    dup2(ends[1], pair->peer.requests);
    return 0;
}

WRONG_CASES = {
    {"the answer is there before the question", "kernel/context-switch*", "the other thread answered", answer_oneself},
    {"the other thread's PKRU is another", "kernel/context-switch/*", "the other thread's PKRU is",
     expect_another_pkru},
    {"this thread's PKRU is another", "kernel/context-switch/*", "this thread's PKRU is", change_own_pkru},
    {0},
};
