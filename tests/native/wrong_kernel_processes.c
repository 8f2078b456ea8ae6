#include "fake_calls.h"
#include "wrong.h"

#include "families/kernel/processes.c"

static int let_the_kernel_reap(void *state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)state;
    return sigaction(SIGCHLD, &ignore, NULL);
}

static int empty_the_program(void *state)
{
    const struct parent *parent = state;

    return ftruncate(parent->program, 0);
}

static int expect_another_pkru(void *state)
{
    struct parent *parent = state;

    parent->pkru.value ^= 4;
    return 0;
}

static int expect_another_initial_pkru(void *state)
{
    struct parent *parent = state;

    parent->pkru.before ^= 4;
    return 0;
}

static int change_own_pkru(void *state)
{
    struct parent *parent = state;

    pk_wrpkru(parent->pkru.value ^ 4);
    return 0;
}

WRONG_CASES = {
    {"there is no child to wait for", "kernel/fork[-/]p*", "did not exit as expected", let_the_kernel_reap},
    {"there is no program", "kernel/exec[-/]p*", "the program was not executed", empty_the_program},
    {"the child has another PKRU", "kernel/fork/*", "the child's PKRU is not", expect_another_pkru},
    {"the parent has another PKRU", "kernel/exec/*", "PKRU is", change_own_pkru},
    {"the program has another PKRU", "kernel/exec/*", "the program's PKRU", expect_another_initial_pkru},
    {0},
};
