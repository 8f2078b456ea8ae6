#include "fake_calls.h"
#include "wrong.h"

#include "families/kernel/clone.c"

static void *do_nothing(void *state)
{
    return state;
}

static int count_no_thread(void *state)
{
    struct creator *creator = state;

    creator->body = do_nothing;
    return 0;
}

static int expect_another_pkru(void *state)
{
    struct creator *creator = state;

    creator->pkru.value ^= 4;
    return 0;
}

static int change_own_pkru(void *state)
{
    struct creator *creator = state;

    pk_wrpkru(creator->pkru.value ^ 4);
    return 0;
}

WRONG_CASES = {
    {"the thread does something else", "kernel/clone-plain", "0 threads ran instead of 2", count_no_thread},
    {"the thread has another PKRU", "kernel/clone/*", "the thread's PKRU is", expect_another_pkru},
    {"the creator has another PKRU", "kernel/clone/*", "PKRU is", change_own_pkru},
    {0},
};
