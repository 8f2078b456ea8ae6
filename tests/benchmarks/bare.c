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
#define SAME_PLACE 0
#endif
#define TEXT(x) #x
#define AT(place) __asm__ volatile("jmp 7f\n\t.balign 4096\n\t.fill " TEXT(place) ", 1\n7:")

/* At equal distances: a loop that read a list of them would look that page up after each flush of the whole TLB. */
struct regions {
    char *first;
    size_t length, stride;
};

/* 34 pages: one more than the kernel flushes from the TLB one by one. */
static struct pages {
    struct regions one, many;
} pages;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* Resident regions, between guards that can't merge with them, as pkbench has them: what lies beside a VMA is part of what
 * the kernel looks at. 0, or -1. */
static int map(struct regions *regions, size_t page, size_t number)
{
    size_t length = number * page, stride = length + 2 * page, whole = REGIONS * stride;
    char *fence = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (fence == MAP_FAILED || madvise(fence, whole, MADV_DONTDUMP))
        return -1;
    *regions = (struct regions){fence + page, length, stride};
    for (char *at = regions->first; at < fence + whole; at += stride) {
        if (mmap(at, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
            madvise(at, length, MADV_NOHUGEPAGE))
            return -1;
        for (size_t offset = 0; offset < length; offset += page)
            at[offset] = 1;
    }
    return 0;
}

/* 0, or -1. */
int bare_prepare(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    return map(&pages.one, page, 1) || map(&pages.many, page, 34) ? -1 : 0;
}

const struct pages *bare_pages(void)
{
    return &pages;
}

/* Take another library's pages, so that the two differ in where their code lies and in nothing else. */
void bare_share(const struct pages *prepared)
{
    pages = *prepared;
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
    __attribute__((noinline)) double way##_change_all(const struct regions *regions, int prot)                     \
    {                                                                                                              \
        char *at = regions->first;                                                                                 \
        size_t length = regions->length, stride = regions->stride;                                                 \
        double from = now();                                                                                       \
                                                                                                                   \
        AT(CHANGE_PLACE);                                                                                          \
        for (int i = 0; i < REGIONS; i++, at += stride)                                                            \
            PROTECT(at, length, prot);                                                                             \
        return now() - from;                                                                                       \
    }                                                                                                              \
    /* Seconds for one direction, `loops` times; the other direction is not timed. */                              \
    static double way##_change(const struct regions *regions, int from, int to, uint64_t loops)                    \
    {                                                                                                              \
        double seconds = 0;                                                                                        \
                                                                                                                   \
        for (uint64_t done = 0; done < loops; done += REGIONS) {                                                   \
            way##_change_all(regions, from);                                                                       \
            seconds += way##_change_all(regions, to);                                                              \
        }                                                                                                          \
        return seconds;                                                                                            \
    }                                                                                                              \
    double way##_rw_ro(uint64_t loops)                                                                             \
    {                                                                                                              \
        return way##_change(&pages.one, PROT_READ | PROT_WRITE, PROT_READ, loops);                                  \
    }                                                                                                              \
    double way##_ro_rw(uint64_t loops)                                                                             \
    {                                                                                                              \
        return way##_change(&pages.one, PROT_READ, PROT_READ | PROT_WRITE, loops);                                  \
    }                                                                                                              \
    double way##_none_rw(uint64_t loops)                                                                           \
    {                                                                                                              \
        return way##_change(&pages.one, PROT_NONE, PROT_READ | PROT_WRITE, loops);                                  \
    }                                                                                                              \
    double way##_rw_ro_34(uint64_t loops)                                                                          \
    {                                                                                                              \
        return way##_change(&pages.many, PROT_READ | PROT_WRITE, PROT_READ, loops);                                \
    }                                                                                                              \
    /* Seconds for there and back on a single page, `loops` times. */                                              \
    double way##_there_and_back(uint64_t loops)                                                                    \
    {                                                                                                              \
        double from = now();                                                                                       \
                                                                                                                   \
        for (uint64_t i = 0; i < loops; i++) {                                                                     \
            PROTECT(pages.one.first, pages.one.length, PROT_READ);                                                   \
            PROTECT(pages.one.first, pages.one.length, PROT_READ | PROT_WRITE);                                      \
        }                                                                                                          \
        return now() - from;                                                                                       \
    }                                                                                                              \
    /* Seconds for a change to what is already there, `loops` times. */                                            \
    double way##_same(uint64_t loops)                                                                              \
    {                                                                                                              \
        double from = now();                                                                                       \
                                                                                                                   \
        AT(SAME_PLACE);                                                                                            \
        for (uint64_t i = 0; i < loops; i++)                                                                       \
            PROTECT(pages.one.first, pages.one.length, PROT_READ | PROT_WRITE);                                      \
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
