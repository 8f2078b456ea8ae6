#define _GNU_SOURCE
#include "cpus.h"

#include <errno.h>
#include <sched.h>

#include "benchmark.h"

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
