#include "fake_calls.h"
#include "wrong.h"

/* Whether calls report that they copied everything, and copy nothing. */
static bool pretend;

static inline long pretending_syscall4(long number, long a, long b, long c, long d)
{
    return pretend ? c : pk_syscall4(number, a, b, c, d);
}

static inline long pretending_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    return pretend ? 4096 : pk_syscall6(number, a, b, c, d, e, f);
}
#define pk_syscall4 pretending_syscall4
#define pk_syscall6 pretending_syscall6

#include "families/kernel/remote.c"

static int copy_nothing(void *state)
{
    (void)state;
    pretend = true;
    return 0;
}

static int unmap_the_source(void *state)
{
    struct remote *remote = state;

    remote->from.iov_base = (char *)remote->from.iov_base + pk_page_size(); /* a guard, which nobody can access */
    munmap(remote->from.iov_base, pk_page_size());
    return 0;
}

static int tag_with_another_key(void *state)
{
    const struct remote *remote = state;

    return tag_differently(&remote->source.domain.region);
}

static int deny_nothing(void *state)
{
    const struct remote *remote = state;

    pk_wrpkru(remote->source.domain.key.open);
    return 0;
}

WRONG_CASES = {
    {"nothing is copied", "kernel/process-vm-readv*", "byte 0 was not copied", copy_nothing},
    {"nothing is copied", "kernel/proc-mem*", "byte 0 was not copied", copy_nothing},
    {"the call fails", "kernel/process-vm-readv*", "the call did not return", unmap_the_source},
    {"the call fails", "kernel/proc-mem*", "the call did not return", unmap_the_source},
    {"the key denies nothing", "kernel/process-vm-readv/*denied", "must fault was allowed", deny_nothing},
    {"the key denies nothing", "kernel/proc-mem/*denied", "must fault was allowed", deny_nothing},
    {"the page has another key", "kernel/process-vm-readv/*", "the region has key", tag_with_another_key},
    {"the page has another key", "kernel/proc-mem/*", "the region has key", tag_with_another_key},
    {0},
};
