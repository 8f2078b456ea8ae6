/* The same operations as plain loops without any of pkbench's code, to compare pkbench's figures with.
 *
 * There are two versions of each: with an inline system call, as in pkbench, and by the C library's function, as in
 * most programs. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* Place what follows at this offset in its page. On some CPUs, the offset of a loop changes a system call's time by a
 * fifth, so a comparison must place both loops at the same offset. */
#ifndef CHANGE_PLACE
#define CHANGE_PLACE 0
#define GETPPID_PLACE 0
#define SAME_PLACE 0
#endif
#define TEXT(x) #x
#define AT(place) __asm__ volatile("jmp 7f\n\t.balign 4096\n\t.fill " TEXT(place) ", 1\n7:")

/* Pages to work on, mapped and proved by pkbench. The VMAs next to one, and its place in the kernel's tree, affect
 * the cost of a change. A loop that read a list of pages would need a page walk for the list after each flush of the
 * whole TLB. */
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

/* The kernel's calling convention on x86-64; the C library's elsewhere. */
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

/* The body of each loop, for one way of calling. */
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
    /* Seconds of `loops` changes in one direction. The other direction is not timed. */       \
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
    /* Seconds of `loops` changes of a single page and back. */                                \
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
    /* Seconds of `loops` changes to the current state. */                                     \
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
