/* The same operations as plain loops, with none of pkbench's code: what its figures are compared with.
 *
 * Each is there twice: with the system call inline, as pkbench has it, and by the C library's function, as most programs
 * have it. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REGIONS 16

/* Puts what follows at this place in its page: where in its page a loop lies moves a system call's time by a fifth on some
 * CPUs, so that a comparison must have both at the same place. */
#ifndef CHANGE_PLACE
#define CHANGE_PLACE 0
#define GETPPID_PLACE 0
#endif
#define TEXT(x) #x
#define AT(place) __asm__ volatile("jmp 7f\n\t.balign 4096\n\t.skip " TEXT(place) "\n7:")

static char *regions[REGIONS];
static long page;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* One resident page each, between guards that can't merge with it, as pkbench has them: what lies beside a VMA is part of
 * what the kernel looks at. 0, or -1. */
int bare_prepare(void)
{
    page = sysconf(_SC_PAGESIZE);
    for (int i = 0; i < REGIONS; i++) {
        size_t length = (size_t)page;
        char *fence = mmap(NULL, 3 * length, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

        if (fence == MAP_FAILED || madvise(fence, 3 * length, MADV_DONTDUMP))
            return -1;
        regions[i] = mmap(fence + page, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
        if (regions[i] == MAP_FAILED)
            return -1;
        regions[i][0] = 1;
    }
    return 0;
}

/* The kernel's own convention, x86-64 only; elsewhere the C library's will do. */
static inline __attribute__((always_inline)) long inline_call(long number, void *address, size_t length, long prot)
{
#if defined(__x86_64__)
    long result;

    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(address), "S"(length), "d"(prot)
                     : "rcx", "r11", "memory");
    return result;
#else
    return syscall(number, address, length, prot);
#endif
}

static inline __attribute__((always_inline)) long inline_getppid(void)
{
#if defined(__x86_64__)
    long result;

    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
    return result;
#else
    return syscall(SYS_getppid);
#endif
}

/* Each loop's body, by either way of calling. */
#define LOOPS(way, PROTECT, GETPPID)                                                                               \
    __attribute__((noinline)) double way##_change_all(int prot)                                                    \
    {                                                                                                              \
        double from = now();                                                                                       \
                                                                                                                   \
        AT(CHANGE_PLACE);                                                                                          \
        for (int i = 0; i < REGIONS; i++)                                                                          \
            PROTECT(regions[i], (size_t)page, prot);                                                               \
        return now() - from;                                                                                       \
    }                                                                                                              \
    /* Seconds for one direction, `loops` times; the other direction is not timed. */                              \
    double way##_rw_ro(uint64_t loops)                                                                             \
    {                                                                                                              \
        double seconds = 0;                                                                                        \
                                                                                                                   \
        for (uint64_t done = 0; done < loops; done += REGIONS) {                                                   \
            seconds += way##_change_all(PROT_READ);                                                                \
            way##_change_all(PROT_READ | PROT_WRITE);                                                              \
        }                                                                                                          \
        return seconds;                                                                                            \
    }                                                                                                              \
    double way##_ro_rw(uint64_t loops)                                                                             \
    {                                                                                                              \
        double seconds = 0;                                                                                        \
                                                                                                                   \
        for (uint64_t done = 0; done < loops; done += REGIONS) {                                                   \
            way##_change_all(PROT_READ);                                                                           \
            seconds += way##_change_all(PROT_READ | PROT_WRITE);                                                   \
        }                                                                                                          \
        return seconds;                                                                                            \
    }                                                                                                              \
    /* Seconds for there and back on a single page, `loops` times. */                                              \
    double way##_there_and_back(uint64_t loops)                                                                    \
    {                                                                                                              \
        double from = now();                                                                                       \
                                                                                                                   \
        for (uint64_t i = 0; i < loops; i++) {                                                                     \
            PROTECT(regions[0], (size_t)page, PROT_READ);                                                          \
            PROTECT(regions[0], (size_t)page, PROT_READ | PROT_WRITE);                                             \
        }                                                                                                          \
        return now() - from;                                                                                       \
    }                                                                                                              \
    double way##_getppid(uint64_t loops)                                                                           \
    {                                                                                                              \
        double from = now();                                                                                       \
                                                                                                                   \
        AT(GETPPID_PLACE);                                                                                         \
        for (uint64_t i = 0; i < loops; i++)                                                                       \
            GETPPID;                                                                                               \
        return now() - from;                                                                                       \
    }

#define INLINE_PROTECT(address, length, prot) inline_call(SYS_mprotect, address, length, prot)

LOOPS(bare, INLINE_PROTECT, inline_getppid())
LOOPS(libc, mprotect, syscall(SYS_getppid))
