#include "fake_calls.h"
#include "wrong.h"

#include <signal.h>

#include "families/kernel/small_process.c"

static int empty_the_program(void *state)
{
    const struct small *small = state;

    return ftruncate(small->program, 0);
}

static int end_the_process(void *state)
{
    const struct small *small = state;

    return kill(small->process, SIGKILL);
}

/* The parent of the children is a copy of this process. */
static int put_a_large_one_in_its_place(void *state)
{
    struct small *small = state;
    int ends[2];

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return -errno;
    teardown(small);
    small->socket = ends[0];
    small->process = fork();
    if (small->process == 0) {
        struct answer answer = {0};
        struct request request;

        pk_end_with_parent(getppid());
        close(ends[0]);
        while (read(ends[1], &request, sizeof request) == sizeof request)
            if (write(ends[1], &answer, sizeof answer) < 0)
                break;
        _exit(0);
    }
    close(ends[1]);
    return 0;
}

WRONG_CASES = {
    {"there is no program", "kernel/exec-small", "the program was not executed", empty_the_program},
    {"the process has ended", "kernel/fork-small", "no child could be created", end_the_process},
    {"the process is not small", "kernel/*-small", "the small process has", put_a_large_one_in_its_place},
    {0},
};
