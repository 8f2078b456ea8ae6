#define _GNU_SOURCE
#include "parallel/cpus.h"

#include <errno.h>
#include <sched.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "reason.h"

int pk_last_cpus(int *cpus, int most)
{
    cpu_set_t allowed;
    int count = 0;

    if (sched_getaffinity(0, sizeof allowed, &allowed))
        return 0;
    for (int cpu = CPU_SETSIZE - 1; cpu >= 0 && count < most; cpu--)
        if (CPU_ISSET(cpu, &allowed))
            cpus[count++] = cpu;
    return count;
}

int pk_pin(int cpu)
{
    cpu_set_t one;

    CPU_ZERO(&one);
    CPU_SET((unsigned)cpu, &one);
    return sched_setaffinity(0, sizeof one, &one) ? pk_error(errno, "pin a thread to a CPU") : 0;
}

/* With the first flush, an idle CPU lets go of the address space. With the next, the kernel takes it off the list
 * (Linux 6.18, arch/x86/mm/tlb.c, flush_tlb_func). One more flush is for a CPU that was not idle yet. */
#define FLUSHES 3

void pk_forget_cpus(void)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE),
           table = page / sizeof(uint64_t) * page; /* bytes that one page-table page maps */

    for (int i = 0; i < FLUSHES; i++) {
        char *start = mmap(NULL, 2 * table, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
             *aligned;

        if (start == MAP_FAILED)
            return; /* harmless: later flushes are only slightly slower */
        aligned = start + (table - (uintptr_t)start % table) % table;
        madvise(aligned, table, MADV_NOHUGEPAGE);
        *(volatile char *)aligned = 1;
        munmap(start, 2 * table); /* frees a page-table page, so all CPUs that may have cached it are flushed */
    }
}
