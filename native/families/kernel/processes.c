/* The life of a process, which begins with a copy of its parent's PKRU. A program that it executes begins with the
 * initial PKRU.
 *
 * The parent is the process that measures: a Python of some hundred mappings, whose page tables a fork copies.
 * small_process.c forks a process of a few mappings. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "pkru.h"
#include "program.h"

#define CANT_EXECUTE 127

struct parent {
    struct pkru pkru;
    int code;    /* the exit code of a child */
    int program; /* a file in memory; 0 if not open */
    char *arguments[3];
};

static int setup_plain(void *state, const int64_t *point)
{
    (void)state;
    (void)point;
    return 0;
}

static int setup(void *state, const int64_t *point)
{
    struct parent *parent = state;

    return pkru_set(&parent->pkru, point[0]);
}

static int setup_exec_plain(void *state, const int64_t *point)
{
    struct parent *parent = state;

    (void)point;
    parent->arguments[0] = "program";
    return program_open(program_exit, sizeof program_exit, &parent->program);
}

static int setup_exec(void *state, const int64_t *point)
{
    int status = setup(state, point);

    return status ? status : setup_exec_plain(state, point);
}

static void teardown_plain(void *state)
{
    struct parent *parent = state;

    if (parent->program)
        close(parent->program);
}

static void teardown(void *state)
{
    struct parent *parent = state;

    teardown_plain(state);
    pkru_put_back(&parent->pkru);
}

/* Raw calls, because the C library's fork also runs handlers before and after. */

static inline long fork_raw(void)
{
    return pk_syscall4(SYS_clone, SIGCHLD, 0, 0, 0);
}

static __attribute__((noinline, noreturn)) void end(int code)
{
    for (;;)
        pk_syscall4(SYS_exit_group, code, 0, 0, 0);
}

static __attribute__((noinline, noreturn)) void execute(const struct parent *parent)
{
    static char *const environment[] = {NULL};

    pk_syscall6(SYS_execveat, parent->program, (long)"", (long)parent->arguments, (long)environment, AT_EMPTY_PATH, 0);
    end(CANT_EXECUTE);
}

/* 0 if the child exited with this code. */
static inline long reap(long child, int code)
{
    int how = 0;
    long reaped = pk_syscall4(SYS_wait4, child, (long)&how, 0, 0);

    return (reaped ^ child) | (how ^ code << 8);
}

static int run_fork(void *state, uint64_t loops)
{
    const struct parent *parent = state;
    int code = parent->code;
    long status = 0;

    PK_REPEAT(loops) {
        long child = fork_raw();
        if (child == 0)
            end(code);
        status |= reap(child, code);
    }
    return status != 0;
}

static int run_exec(void *state, uint64_t loops)
{
    const struct parent *parent = state;
    int code = parent->code;
    long status = 0;

    PK_REPEAT(loops) {
        long child = fork_raw();
        if (child == 0)
            execute(parent);
        status |= reap(child, code);
    }
    return status != 0;
}

/* The child exits with a code that only a child of this process can know. */
static int verify_fork_plain(void *state)
{
    struct parent *parent = state;
    int status;

    parent->code = 42;
    status = run_fork(state, 2);
    parent->code = 0;
    return status ? pk_disprove("no child could be created, or it did not exit as expected") : 0;
}

static int verify_fork(void *state)
{
    struct parent *parent = state;
    int status = verify_fork_plain(state);
    long child;

    if (status)
        return status;
    child = fork_raw();
    if (child == 0)
        end(pk_rdpkru() != parent->pkru.value);
    if (reap(child, 0))
        return pk_disprove("the child's PKRU is not 0x%08x", parent->pkru.value);
    return pkru_prove(&parent->pkru);
}

/* A child that cannot execute the program exits with another code. */
static int verify_exec_plain(void *state)
{
    return run_exec(state, 2) ? pk_disprove("the program was not executed, or did not exit as expected") : 0;
}

static int verify_exec(void *state)
{
    struct parent *parent = state;
    int status = verify_exec_plain(state);

    parent->arguments[1] = "tell";
    parent->code = parent->pkru.before & 0xff;
    if (!status && run_exec(state, 1))
        status = pk_disprove("the program's PKRU does not end in 0x%02x", parent->code);
    parent->arguments[1] = NULL;
    parent->code = 0;
    return status ? status : pkru_prove(&parent->pkru);
}

PK_BENCHMARK(fork_plain) = {
    .family = "kernel",
    .name = "fork-plain",
    .group = "process-plain",
    .needs = PK_NEEDS_THREADS,
    .operation = "fork this process, a Python with its mappings; the child exits at once; wait for it",
    .state_size = sizeof(struct parent),
    .setup = setup_plain,
    .run = run_fork,
    .verify = verify_fork_plain,
    .teardown = teardown_plain,
};

PK_BENCHMARK(exec_plain) = {
    .family = "kernel",
    .name = "exec-plain",
    .group = "process-plain",
    .needs = PK_NEEDS_THREADS,
    .floor = "kernel/fork-plain",
    .support = program_support,
    .operation =
        "fork this process, a Python with its mappings; the child executes a program which exits at once; wait for it",
    .state_size = sizeof(struct parent),
    .setup = setup_exec_plain,
    .run = run_exec,
    .verify = verify_exec_plain,
    .teardown = teardown_plain,
};

PK_BENCHMARK(fork) = {
    .family = "kernel",
    .name = "fork",
    .group = "process",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .axes = {PKRU_AXIS("the parent's", "initial,changed")},
    .operation =
        "fork this process, a Python with its mappings; the child inherits PKRU and exits at once; wait for it",
    .state_size = sizeof(struct parent),
    .setup = setup,
    .run = run_fork,
    .verify = verify_fork,
    .teardown = teardown,
};

PK_BENCHMARK(exec) = {
    .family = "kernel",
    .name = "exec",
    .group = "process",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .floor = "kernel/fork",
    .axes = {PKRU_AXIS("the parent's", "initial,changed")},
    .support = program_support,
    .operation = "fork this process, a Python with its mappings; the child executes a program which begins with the "
                 "initial PKRU and exits at once; wait for it",
    .state_size = sizeof(struct parent),
    .setup = setup_exec,
    .run = run_exec,
    .verify = verify_exec,
    .teardown = teardown,
};
