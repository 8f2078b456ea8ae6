/* The life of a process, which begins with a copy of its parent's PKRU. A program that it executes begins with the
 * initial PKRU. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "pkru.h"

/* From linux/memfd.h, which a musl toolchain may lack. Since Linux 6.3: the file is to be executable. */
#define EXECUTABLE 0x10u

#define CANT_EXECUTE 127

struct parent {
    struct pkru pkru;
    int code;    /* the exit code of a child */
    int program; /* a file in memory; 0 if not open */
    char *arguments[3];
};

#if defined(__x86_64__)
#define HAS_PROGRAM 1

/* The smallest ELF file that Linux executes: a header, one segment that is the whole file, and this code. It exits
 * with 0, or with the lowest byte of PKRU if it gets an argument:
 *
 *     xor %edi,%edi; cmpl $1,(%rsp); je end; xor %ecx,%ecx; rdpkru; mov %eax,%edi; end: mov $231,%eax; syscall */
#define CODE                                                                                                          \
    0x31, 0xff, 0x83, 0x3c, 0x24, 0x01, 0x74, 0x07, 0x31, 0xc9, 0x0f, 0x01, 0xee, 0x89, 0xc7, 0xb8, 0xe7, 0x00, 0x00, \
        0x00, 0x0f, 0x05

static const struct {
    uint8_t identity[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t sizes[6]; /* of header, segment header, number of segments, section header, number of sections, names */
    uint32_t load, access;
    uint64_t offset, address, physical, in_file, in_memory, alignment;
    uint8_t code[22];
} program = {
    .identity = {0x7f, 'E', 'L', 'F', 2, 1, 1},
    .type = 2,
    .machine = 62,
    .version = 1,
    .entry = 0x400078,
    .segments = 64,
    .sizes = {64, 56, 1},
    .load = 1,
    .access = 5,
    .address = 0x400000,
    .physical = 0x400000,
    .in_file = 142,
    .in_memory = 142,
    .alignment = 4096,
    .code = {CODE},
};
#else
#define HAS_PROGRAM 0
static const char program[1];
#endif

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

static int support_exec(const int64_t *point)
{
    (void)point;
    return HAS_PROGRAM ? 0 : pk_skip("pkbench has no program to execute on %s", pk_machine_probe()->architecture);
}

static int setup_exec_plain(void *state, const int64_t *point)
{
    struct parent *parent = state;

    (void)point;
    parent->arguments[0] = "program";
    parent->program = memfd_create("pkbench", MFD_CLOEXEC | EXECUTABLE);
    if (parent->program < 0 && errno == EINVAL)
        parent->program = memfd_create("pkbench", MFD_CLOEXEC);
    if (parent->program < 0) {
        parent->program = 0;
        return errno == EACCES
                   ? pk_skip("the system does not allow files in memory to be executed: sysctl vm.memfd_noexec=0")
                   : pk_error(errno, "memfd_create");
    }
    return write(parent->program, &program, sizeof program) < 0 ? pk_error(errno, "write the program") : 0;
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
    .operation = "fork a process that exits at once, and wait for it",
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
    .support = support_exec,
    .operation = "fork a process that executes a program which exits at once, and wait for it",
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
    .operation = "fork a process that inherits PKRU and exits at once, and wait for it",
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
    .support = support_exec,
    .operation =
        "fork a process that executes a program which begins with the initial PKRU and exits at once, and wait for it",
    .state_size = sizeof(struct parent),
    .setup = setup_exec,
    .run = run_exec,
    .verify = verify_exec,
    .teardown = teardown,
};
