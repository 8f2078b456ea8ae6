/* The same operations as plain loops, with none of pkbench's code: what its figures are compared with. */
#define _GNU_SOURCE
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define REGIONS 16

static char *regions[REGIONS];
static long page;

static double now(void)
{
    struct timespec time;

    clock_gettime(CLOCK_MONOTONIC_RAW, &time);
    return (double)time.tv_sec + (double)time.tv_nsec * 1e-9;
}

/* One resident page each, between pages that are not mapped. 0, or -1. */
int bare_prepare(void)
{
    page = sysconf(_SC_PAGESIZE);
    for (int i = 0; i < REGIONS; i++) {
        char *three = mmap(NULL, (size_t)(3 * page), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (three == MAP_FAILED)
            return -1;
        munmap(three, (size_t)page);
        munmap(three + 2 * page, (size_t)page);
        regions[i] = three + page;
        regions[i][0] = 1;
    }
    return 0;
}

static double change_all(int prot)
{
    double from = now();

    for (int i = 0; i < REGIONS; i++)
        mprotect(regions[i], (size_t)page, prot);
    return now() - from;
}

/* Seconds for one direction, `loops` times; the other direction is not timed. */
double bare_rw_ro(uint64_t loops)
{
    double seconds = 0;

    for (uint64_t done = 0; done < loops; done += REGIONS) {
        seconds += change_all(PROT_READ);
        change_all(PROT_READ | PROT_WRITE);
    }
    return seconds;
}

double bare_ro_rw(uint64_t loops)
{
    double seconds = 0;

    for (uint64_t done = 0; done < loops; done += REGIONS) {
        change_all(PROT_READ);
        seconds += change_all(PROT_READ | PROT_WRITE);
    }
    return seconds;
}

/* Seconds for there and back on a single page, `loops` times. */
double bare_there_and_back(uint64_t loops)
{
    double from = now();

    for (uint64_t i = 0; i < loops; i++) {
        mprotect(regions[0], (size_t)page, PROT_READ);
        mprotect(regions[0], (size_t)page, PROT_READ | PROT_WRITE);
    }
    return now() - from;
}

double bare_getppid(uint64_t loops)
{
    double from = now();

    for (uint64_t i = 0; i < loops; i++)
        syscall(SYS_getppid);
    return now() - from;
}
