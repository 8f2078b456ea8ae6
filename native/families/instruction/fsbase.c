/* RDFSBASE and WRFSBASE. A segment base is the other register by which user mode can switch what a compartment sees. */
#define _GNU_SOURCE
#include <pthread.h>
#include <signal.h>
#include <sys/auxv.h>

#include "cpu/pkey.h"
#include "unrolled.h"

/* Linux, asm/hwcap2.h */
#define HWCAP2_FSGSBASE 2

static int support(const int64_t *point)
{
    uint32_t leaf[4];

    (void)point;
    pk_cpuid(7, 0, leaf);
    if (!(leaf[1] & 1))
        return pk_skip("the CPU has no WRFSBASE (CPUID.7.0:EBX.FSGSBASE is clear)");
    return getauxval(AT_HWCAP2) & HWCAP2_FSGSBASE
               ? 0
               : pk_skip(
                     "the kernel has not enabled WRFSBASE: Linux enables it since 5.9, unless booted with nofsgsbase");
}

static inline __attribute__((always_inline)) uint64_t read_fsbase(void)
{
    uint64_t base = 0;

    __asm__ volatile(PK_RDFSBASE : "+" PK_EAX(base));
    return base;
}

static inline __attribute__((always_inline)) void write_fsbase(uint64_t base)
{
    __asm__ volatile(PK_WRFSBASE : : PK_EAX(base) : "memory");
}

UNROLLED_TWICE(rdfsbase, uint64_t base;

               PK_REPEAT(loops) __asm__ volatile(COPIES_OF(PK_RDFSBASE)
                                                 : "=" PK_EAX(base)
                                                 : COPIES);)

/* Write the value that is there already: the C library keeps thread-local data there. */
static int run_wrfsbase(void *state, uint64_t loops)
{
    uint64_t base = read_fsbase();

    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRFSBASE) : : PK_EAX(base) : "memory");
    return 0;
}

/* In the x86-64 ABI, the base of FS is the address of the thread's descriptor. In glibc and musl, that is also the
 * thread's handle. */
static int prove_read(uint64_t base)
{
    uint64_t self = (uint64_t)(uintptr_t)pthread_self();

    return base == self ? 0
                        : pk_disprove("the base of FS is 0x%llx instead of 0x%llx", (unsigned long long)base,
                                      (unsigned long long)self);
}

static int prove_rdfsbase(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    int status = prove_read(read_fsbase());

    (void)state;
    return status ? status : prove_unrolled(run, copies, "\xf3\x48\x0f\xae\xc0", 5);
}

/* Change the base and restore it. In between, nothing may use thread-local data: no call, no signal. */
static int prove_written(void)
{
    uint64_t here, elsewhere, found;
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    here = read_fsbase();
    elsewhere = here + 64;
    write_fsbase(elsewhere);
    found = read_fsbase();
    write_fsbase(here);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
    return found == elsewhere ? prove_read(read_fsbase()) : pk_disprove("WRFSBASE did not write the base of FS");
}

static int verify_wrfsbase(void *state)
{
    int status = prove_written();

    run_wrfsbase(state, 1);
    if (!status)
        status = prove_read(read_fsbase());
    return status ? status : prove_unrolled(run_wrfsbase, UNROLL, "\xf3\x48\x0f\xae\xd0", 5);
}

SLOPE_BENCHMARK(
    rdfsbase, "rdfsbase",
    "one RDFSBASE after another: another register that user mode may write, read for comparison with RDPKRU",
    .needs = PK_NEEDS_X86, .group = "fsbase", .support = support);

PK_BENCHMARK(wrfsbase) = {
    .family = "instruction",
    .name = "wrfsbase",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .group = "fsbase",
    .inner_loops = UNROLL,
    .support = support,
    .operation =
        "one WRFSBASE after another, each writing the value that is already there, for comparison with wrpkru-same",
    .run = run_wrfsbase,
    .verify = verify_wrfsbase,
};
