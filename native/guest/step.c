#define _GNU_SOURCE
#include <signal.h>
#include <stddef.h>
#include <stdio.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <unistd.h>

#include "step.h"

#define STARTS_ANOTHER (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)

/* There is one process at a time. */
static struct {
    int marked; /* between its two marks */
    int stepping;
    int64_t steps;
    int given_up; /* there are too many, or another process or thread was started */
} traced;

static void go_on(pid_t process, int signal)
{
    ptrace(traced.stepping ? PTRACE_SINGLESTEP : PTRACE_CONT, process, NULL, signal);
}

static void give_up(void)
{
    traced.given_up = 1;
    traced.stepping = 0;
}

static void begin(pid_t process)
{
    ptrace(PTRACE_SETOPTIONS, process, NULL, STARTS_ANOTHER);
    traced.marked = traced.stepping = 1;
    traced.steps = 0;
    traced.given_up = 0;
}

static void end(pid_t process)
{
    long answer = ptrace(PTRACE_PEEKUSER, process, offsetof(struct user, regs.rdx), NULL);
    uint64_t steps = traced.given_up ? STEPS_UNKNOWN : (uint64_t)traced.steps;

    traced.marked = traced.stepping = 0;
    ptrace(PTRACE_POKEDATA, process, answer, steps);
}

/* What was started is traced from its birth: it goes its own way. */
static void let_go(pid_t process)
{
    unsigned long other;
    int status;

    if (ptrace(PTRACE_GETEVENTMSG, process, NULL, &other))
        return;
    waitpid((pid_t)other, &status, __WALL);
    ptrace(PTRACE_DETACH, (pid_t)other, NULL, 0);
}

void guest_stopped(pid_t process, int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;

    if (event) {
        let_go(process);
        give_up();
        go_on(process, 0);
    } else if (signal == SIGSTOP) {
        traced.marked ? end(process) : begin(process);
        go_on(process, 0);
    } else if (signal == SIGTRAP && traced.marked) {
        if (++traced.steps > STEPS_MAX && traced.stepping)
            give_up();
        go_on(process, 0);
    } else {
        /* The kernel stops it once more at the first instruction of the signal's handler, before that is executed. */
        traced.steps -= traced.stepping;
        go_on(process, signal);
    }
}

int guest_be_traced(void)
{
    return ptrace(PTRACE_TRACEME, 0, NULL, NULL) ? -1 : 0;
}

static void mark(volatile uint64_t *answer)
{
    syscall(SYS_kill, getpid(), SIGSTOP, answer);
}

static int run_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static uint64_t steps_of(int (*volatile run)(void *state, uint64_t loops), void *state, uint64_t loops)
{
    volatile uint64_t answer = STEPS_UNKNOWN;

    mark(&answer);
    run(state, loops);
    mark(&answer);
    return answer;
}

uint64_t guest_steps(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops)
{
    uint64_t around = steps_of(run_nothing, state, loops), steps = steps_of(run, state, loops);

    return around > STEPS_MAX || steps > STEPS_MAX ? STEPS_UNKNOWN : steps - around;
}
