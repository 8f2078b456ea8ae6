/* Fork and exec from a small process, as a server or a shell does it: a program of one page and a stack, without a C
 * library. processes.c forks the process that measures, whose page tables are many times as large.
 * It takes requests and gives answers by a socket. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdio.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cpu/system_calls.h"
#include "parallel/cpus.h"
#include "program.h"
#include "small_program.h"

#define MOST_MAPPINGS 12 /* its page, its stack, and what the kernel adds */

struct small {
    pid_t process;
    int socket;  /* this end; -1 if not open */
    int program; /* what the children execute; 0 if not open */
    uint64_t child;
};

/* In the new process: keep the three files that the program uses, and execute it. */
static __attribute__((noreturn)) void become_small(const struct small *small, int image, int socket, int parent)
{
    static char *const arguments[] = {"small", NULL}, *const environment[] = {NULL};
    /* Above the numbers that they get, so that none is overwritten before it is copied. */
    int program = fcntl(small->program, F_DUPFD_CLOEXEC, FILES), cpu;

    image = fcntl(image, F_DUPFD_CLOEXEC, FILES);
    socket = fcntl(socket, F_DUPFD_CLOEXEC, FILES);
    pk_end_with_parent(parent);
    if (pk_last_cpus(&cpu, 1) == 1 && !pk_pin(cpu) && dup2(socket, REQUESTS) == REQUESTS &&
        dup2(socket, ANSWERS) == ANSWERS && dup2(program, PROGRAM) == PROGRAM)
        pk_syscall6(SYS_execveat, image, (long)"", (long)arguments, (long)environment, AT_EMPTY_PATH, 0);
    _exit(127);
}

static int start(struct small *small, int image)
{
    int ends[2], parent = getpid();

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
        return pk_error(errno, "make a socket to a small process");
    small->socket = ends[0];
    small->process = fork();
    if (small->process == 0)
        become_small(small, image, ends[1], parent);
    close(ends[1]);
    return small->process < 0 ? pk_error(errno, "fork") : 0;
}

static int set_up(struct small *small, uint64_t child)
{
    int image = -1, status = program_open(program_exit, sizeof program_exit, &small->program);

    small->socket = -1;
    small->child = child;
    if (!status)
        status = program_open(pk_small_begin, (size_t)(pk_small_end - pk_small_begin), &image);
    if (!status)
        status = start(small, image);
    if (image >= 0)
        close(image);
    return status;
}

static int setup_fork(void *state, const int64_t *point)
{
    (void)point;
    return set_up(state, 0);
}

static int setup_exec(void *state, const int64_t *point)
{
    (void)point;
    return set_up(state, CHILD_EXECUTES);
}

/* Without a socket, the small process ends. */
static void teardown(void *state)
{
    struct small *small = state;

    if (small->socket >= 0)
        close(small->socket);
    if (small->process > 0)
        waitpid(small->process, NULL, 0);
    if (small->program > 0)
        close(small->program);
}

static int ask(const struct small *small, uint64_t loops, uint64_t child, struct answer *answer)
{
    struct request request = {.loops = loops, .child = child};

    if (send(small->socket, &request, sizeof request, MSG_NOSIGNAL) != sizeof request ||
        recv(small->socket, answer, sizeof *answer, MSG_WAITALL) != sizeof *answer)
        return pk_error(EPIPE, "ask the small process");
    return answer->status ? pk_error(ECHILD, "a child of the small process did not exit as expected") : 0;
}

static int measure(void *state, uint64_t loops, struct pk_value *value)
{
    const struct small *small = state;
    struct answer answer;
    int status = ask(small, loops, small->child, &answer);

    if (!status)
        pk_value_add(value, &answer.from, &answer.to);
    return status;
}

/* A fork copies what the process has mapped, so it must have mapped next to nothing. */
static int prove_small(const struct small *small)
{
    char path[64], line[512];
    unsigned mappings = 0;
    FILE *maps;

    snprintf(path, sizeof path, "/proc/%d/maps", (int)small->process);
    maps = fopen(path, "re");
    if (!maps)
        return pk_error(errno, "read the mappings of the small process");
    while (fgets(line, sizeof line, maps))
        mappings++;
    fclose(maps);
    return mappings && mappings <= MOST_MAPPINGS
               ? 0
               : pk_disprove("the small process has %u mappings, more than %d", mappings, MOST_MAPPINGS);
}

/* The child exits with a code that only a child of that process can know. */
static int verify_fork(void *state)
{
    const struct small *small = state;
    struct answer answer;

    if (ask(small, 2, 42u << 8, &answer))
        return pk_disprove("no child could be created, or it did not exit as expected");
    return prove_small(small);
}

/* A child that cannot execute the program exits with another code. */
static int verify_exec(void *state)
{
    const struct small *small = state;
    struct answer answer;

    if (ask(small, 2, small->child, &answer))
        return pk_disprove("the program was not executed, or did not exit as expected");
    return prove_small(small);
}

PK_BENCHMARK(fork_small) = {
    .family = "kernel",
    .name = "fork-small",
    .group = "process-small",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_X86,
    .operation = "fork a program of one page; the child exits at once; wait for it",
    .support = program_support,
    .state_size = sizeof(struct small),
    .setup = setup_fork,
    .measure = measure,
    .verify = verify_fork,
    .teardown = teardown,
};

PK_BENCHMARK(exec_small) = {
    .family = "kernel",
    .name = "exec-small",
    .group = "process-small",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_X86,
    .floor = "kernel/fork-small",
    .support = program_support,
    .operation = "fork a program of one page; the child executes another, which exits at once; wait for it",
    .state_size = sizeof(struct small),
    .setup = setup_exec,
    .measure = measure,
    .verify = verify_exec,
    .teardown = teardown,
};
