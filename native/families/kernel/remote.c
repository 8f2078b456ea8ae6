/* The ways to user memory that no key closes: the kernel looks up the page as a debugger would, and ignores PKRU. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <string.h>
#include <sys/uio.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "rights.h"

enum { IN_TARGET = 't', IN_SOURCE = 's' };

struct remote {
    struct buffer source;
    struct pk_region target;
    struct iovec from, to;
    long process;
    int memory; /* /proc/self/mem; 0 if not open */
};

/* In the order of the labels. */
static const int64_t label_of[] = {RIGHTS_ALLOWED, RIGHTS_ACCESS_DENIED};

static int support_process_vm(const int64_t *point)
{
    ssize_t status = process_vm_readv(getpid(), NULL, 0, NULL, 0, 0);

    (void)point;
    if (status < 0)
        return errno == ENOSYS
                   ? pk_skip("the kernel has no process_vm_readv: it was built without CONFIG_CROSS_MEMORY_ATTACH")
                   : pk_skip("process_vm_readv is refused here: %s", strerror(errno));
    return 0;
}

static int support_proc_mem(const int64_t *point)
{
    (void)point;
    return access("/proc/self/mem", R_OK) ? pk_skip("/proc/self/mem cannot be read: %s", strerror(errno)) : 0;
}

static int set_up_target(struct remote *remote)
{
    int status = pk_region_map(&remote->target, 1);

    if (status)
        return status;
    remote->process = getpid();
    remote->from = (struct iovec){remote->source.domain.region.base, pk_page_size()};
    remote->to = (struct iovec){remote->target.base, pk_page_size()};
    remote->memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    if (remote->memory < 0) {
        remote->memory = 0;
        return pk_error(errno, "/proc/self/mem");
    }
    return 0;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct remote *remote = state;
    int status = pk_region_map(&remote->source.domain.region, 1);

    (void)point;
    return status ? status : set_up_target(remote);
}

static int setup(void *state, const int64_t *point)
{
    struct remote *remote = state;
    int status = buffer_map(&remote->source, pk_page_size(), label_of[point[0]]);

    return status ? status : set_up_target(remote);
}

static void teardown(void *state)
{
    struct remote *remote = state;

    pk_region_unmap(&remote->target);
    pk_domain_unmap(&remote->source.domain);
    if (remote->memory)
        close(remote->memory);
}

static int run_process_vm(void *state, uint64_t loops)
{
    const struct remote *remote = state;
    long process = remote->process, to = (long)&remote->to, from = (long)&remote->from, status = 0;
    long expected = (long)remote->from.iov_len;

    PK_REPEAT(loops)
        status |= pk_syscall6(SYS_process_vm_readv, process, to, 1, from, 1, 0) ^ expected;
    return status != 0;
}

static int run_proc_mem(void *state, uint64_t loops)
{
    const struct remote *remote = state;
    long memory = remote->memory, to = (long)remote->to.iov_base, from = (long)remote->from.iov_base, status = 0;
    long expected = (long)remote->from.iov_len;

    PK_REPEAT(loops)
        status |= pk_syscall4(SYS_pread64, memory, to, expected, from) ^ expected;
    return status != 0;
}

static int prove_target_holds(const struct remote *remote, char value)
{
    for (size_t i = 0; i < remote->to.iov_len; i++)
        if (remote->target.base[i] != value)
            return pk_disprove("byte %zu was not copied", i);
    return 0;
}

/* The call reads what a load may not. */
static int prove_copied(struct remote *remote, int (*run)(void *, uint64_t))
{
    int status = buffer_prove(&remote->source);

    if (status)
        return status;
    buffer_fill(&remote->source, remote->from.iov_len, IN_SOURCE);
    memset(remote->target.base, IN_TARGET, remote->to.iov_len);
    if (run(remote, 1))
        return pk_disprove("the call did not return %zu", remote->from.iov_len);
    return prove_target_holds(remote, IN_SOURCE);
}

static int verify_process_vm(void *state)
{
    return prove_copied(state, run_process_vm);
}

static int verify_proc_mem(void *state)
{
    return prove_copied(state, run_proc_mem);
}

#define RIGHTS_AXIS                                                                                            \
    {                                                                                                          \
        .name = "rights", .meaning = "access that the page's key allows to the thread",                        \
        .labels = "allowed,access-denied", .points = "allowed,access-denied", .quick = "allowed,access-denied" \
    }

PK_BENCHMARK(process_vm_readv_plain) = {
    .family = "kernel",
    .name = "process-vm-readv-plain",
    .group = "remote-plain",
    .floor = "syscall/mprotect-length-0",
    .operation = "process_vm_readv of a page of this process without a key",
    .support = support_process_vm,
    .state_size = sizeof(struct remote),
    .setup = setup_plain,
    .run = run_process_vm,
    .verify = verify_process_vm,
    .teardown = teardown,
};

PK_BENCHMARK(proc_mem_plain) = {
    .family = "kernel",
    .name = "proc-mem-plain",
    .group = "remote-plain",
    .floor = "syscall/mprotect-length-0",
    .operation = "pread from /proc/self/mem of a page without a key",
    .support = support_proc_mem,
    .state_size = sizeof(struct remote),
    .setup = setup_plain,
    .run = run_proc_mem,
    .verify = verify_proc_mem,
    .teardown = teardown,
};

PK_BENCHMARK(process_vm_readv) = {
    .family = "kernel",
    .name = "process-vm-readv",
    .group = "remote",
    .floor = "syscall/mprotect-length-0",
    .needs = PK_NEEDS_KEYS,
    .axes = {RIGHTS_AXIS},
    .support = support_process_vm,
    .operation = "process_vm_readv of a page of this process under a key; it succeeds whatever the key denies",
    .state_size = sizeof(struct remote),
    .setup = setup,
    .run = run_process_vm,
    .verify = verify_process_vm,
    .teardown = teardown,
};

PK_BENCHMARK(proc_mem) = {
    .family = "kernel",
    .name = "proc-mem",
    .group = "remote",
    .floor = "syscall/mprotect-length-0",
    .needs = PK_NEEDS_KEYS,
    .axes = {RIGHTS_AXIS},
    .support = support_proc_mem,
    .operation = "pread from /proc/self/mem of a page under a key; it succeeds whatever the key denies",
    .state_size = sizeof(struct remote),
    .setup = setup,
    .run = run_proc_mem,
    .verify = verify_proc_mem,
    .teardown = teardown,
};
