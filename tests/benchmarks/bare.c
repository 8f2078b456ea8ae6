/* The same operations as plain loops, with none of pkbench's code: what its figures are compared with.
 *
 * Each is there twice: with the system call inline, as pkbench has it, and by the C library's function, as most
 * programs have it. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Puts what follows at this place in its page: where in its page a loop lies moves a system call's time by a fifth on
 * some CPUs, so that a comparison must have both at the same place. */
#ifndef CHANGE_PLACE
#define CHANGE_PLACE 0
#define GETPPID_PLACE 0
#define SAME_PLACE 0
#endif
#define TEXT(x) #x
#define AT(place) __asm__ volatile("jmp 7f\n\t.balign 4096\n\t.fill " TEXT(place) ", 1\n7:")

/* Where to work: pages that pkbench has mapped and proved. What lies beside a VMA, and where it is in the kernel's tree
 * of them, is part of what a change costs. A loop that read a list of them would look its page up after each flush of
 * the whole TLB. */
struct regions {
    char *first;
    size_t count, length, stride;
};

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
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
#define LOOPS(way, PROTECT, GETPPID)                                                           \
    __attribute__((noinline)) double way##_change_all(const struct regions *regions, int prot) \
    {                                                                                          \
        char *at = regions->first;                                                             \
        size_t count = regions->count, length = regions->length, stride = regions->stride;     \
        double from = now();                                                                   \
                                                                                               \
        AT(CHANGE_PLACE);                                                                      \
        for (size_t i = 0; i < count; i++, at += stride)                                       \
            PROTECT(at, length, prot);                                                         \
        return now() - from;                                                                   \
    }                                                                                          \
    /* Seconds for one direction, `loops` times; the other direction is not timed. */          \
    double way##_change(const struct regions *regions, int from, int to, uint64_t loops)       \
    {                                                                                          \
        double seconds = 0;                                                                    \
                                                                                               \
        for (uint64_t done = 0; done < loops; done += regions->count) {                        \
            way##_change_all(regions, from);                                                   \
            seconds += way##_change_all(regions, to);                                          \
        }                                                                                      \
        return seconds;                                                                        \
    }                                                                                          \
    /* Seconds for there and back on a single page, `loops` times. */                          \
    double way##_there_and_back(const struct regions *regions, uint64_t loops)                 \
    {                                                                                          \
        char *at = regions->first;                                                             \
        size_t length = regions->length;                                                       \
        double from = now();                                                                   \
                                                                                               \
        for (uint64_t i = 0; i < loops; i++) {                                                 \
            PROTECT(at, length, PROT_READ);                                                    \
            PROTECT(at, length, PROT_READ | PROT_WRITE);                                       \
        }                                                                                      \
        return now() - from;                                                                   \
    }                                                                                          \
    /* Seconds for a change to what is already there, `loops` times. */                        \
    double way##_same(const struct regions *regions, uint64_t loops)                           \
    {                                                                                          \
        char *at = regions->first;                                                             \
        size_t length = regions->length;                                                       \
        double from = now();                                                                   \
                                                                                               \
        AT(SAME_PLACE);                                                                        \
        for (uint64_t i = 0; i < loops; i++)                                                   \
            PROTECT(at, length, PROT_READ | PROT_WRITE);                                       \
        return now() - from;                                                                   \
    }                                                                                          \
    double way##_getppid(uint64_t loops)                                                       \
    {                                                                                          \
        double from = now();                                                                   \
                                                                                               \
        AT(GETPPID_PLACE);                                                                     \
        for (uint64_t i = 0; i < loops; i++)                                                   \
            GETPPID;                                                                           \
        return now() - from;                                                                   \
    }

#define INLINE_PROTECT(address, length, prot) inline_call(SYS_mprotect, address, length, prot)

LOOPS(bare, INLINE_PROTECT, inline_getppid())
LOOPS(libc, mprotect, syscall(SYS_getppid))
