#define _GNU_SOURCE
#include "guest/step.h"

#include <sched.h>
#include <signal.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define STARTS_ANOTHER (PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE)
#define SYSTEM_CALL (SIGTRAP | 0x80) /* with PTRACE_O_TRACESYSGOOD */
#define STACK_BYTES 65536

/* The two processes share all memory. The stepped process marks the start and the end by stopping itself. The other
 * writes here what it sees. */
static volatile struct {
    pid_t process;
    int attached; /* 1, or -1 if it failed */
    int watched;  /* watch only entries into the kernel, not steps */
    int marked;   /* between its two marks */
    int stepping;
    int64_t steps;
    int64_t entries; /* by a system call or a signal */
    int given_up;    /* too many steps, or another process or thread was started */
} traced;

static void go_on(int signal)
{
    int watching = traced.marked && traced.watched;

    ptrace(traced.stepping ? PTRACE_SINGLESTEP : watching ? PTRACE_SYSCALL : PTRACE_CONT, traced.process, NULL, signal);
}

static void give_up(void)
{
    traced.given_up = 1;
    traced.stepping = 0;
}

static void begin(void)
{
    traced.marked = 1;
    traced.stepping = !traced.watched;
    traced.given_up = 0;
    traced.steps = traced.entries = 0;
}

static void end(void)
{
    traced.marked = traced.stepping = 0;
}

/* A new process or thread is traced from its birth: release it. */
static void let_go(void)
{
    unsigned long other;
    int status;

    if (ptrace(PTRACE_GETEVENTMSG, traced.process, NULL, &other))
        return;
    waitpid((pid_t)other, &status, __WALL);
    ptrace(PTRACE_DETACH, (pid_t)other, NULL, 0);
}

static void go_on_from(int status)
{
    int signal = WSTOPSIG(status), event = status >> 16;

    if (event) {
        let_go();
        give_up();
        go_on(0);
    } else if (signal == SIGSTOP) {
        traced.marked ? end() : begin();
        go_on(0);
    } else if (signal == SYSTEM_CALL) {
        traced.entries++;
        go_on(0);
    } else if (signal == SIGTRAP && traced.marked) {
        if (++traced.steps > STEPS_MAX && traced.stepping)
            give_up();
        go_on(0);
    } else {
        /* The kernel stops the process once more at the first instruction of the signal's handler, before executing
         * it. */
        traced.steps -= traced.stepping;
        traced.entries++;
        go_on(signal);
    }
}

static int trace(void *unused)
{
    int status;

    (void)unused;
    traced.attached = ptrace(PTRACE_SEIZE, traced.process, NULL, STARTS_ANOTHER | PTRACE_O_TRACESYSGOOD) ? -1 : 1;
    while (waitpid(traced.process, &status, __WALL) == traced.process && WIFSTOPPED(status))
        go_on_from(status);
    return 0;
}

/* The tracer shares its memory with the traced process. Otherwise, each step would flush the emulator's TLB twice,
 * and take four times as long. */
int guest_be_traced(void)
{
    static char stack[STACK_BYTES] __attribute__((aligned(16)));

    traced.process = getpid();
    if (clone(trace, stack + sizeof stack, CLONE_VM, NULL) < 0)
        return -1;
    while (!traced.attached)
        sched_yield();
    return traced.attached < 0 ? -1 : 0;
}

static void mark(void)
{
    kill(getpid(), SIGSTOP);
}

static int run_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

/* Return one of the two counts. It includes the marks. */
static uint64_t counted(const volatile int64_t *count, int (*volatile run)(void *state, uint64_t loops), void *state,
                        uint64_t loops)
{
    mark();
    run(state, loops);
    mark();
    return traced.given_up ? STEPS_UNKNOWN : (uint64_t)*count;
}

uint64_t guest_entries(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops)
{
    uint64_t around, entries;

    traced.watched = 1;
    around = counted(&traced.entries, run_nothing, state, loops);
    entries = counted(&traced.entries, run, state, loops);
    traced.watched = 0;
    return entries == STEPS_UNKNOWN ? STEPS_UNKNOWN : entries - around;
}

uint64_t guest_steps(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops)
{
    uint64_t around = counted(&traced.steps, run_nothing, state, loops);
    uint64_t steps = counted(&traced.steps, run, state, loops);

    return around > STEPS_MAX || steps > STEPS_MAX ? STEPS_UNKNOWN : steps - around;
}
