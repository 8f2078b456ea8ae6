/* The CPUs that the calling thread may run on. */
#pragma once

/* The allowed CPUs, last first (the first is where a machine does its chores), as many as fit. How many, or 0. */
int pk_last_cpus(int *cpus, int most);

/* Pin the calling thread to one CPU. 0 or -errno. */
int pk_pin(int cpu);

/* Have the kernel forget on which other CPUs this address space was used before, as far as it is no longer: for up to a
 * second it would look at them in each flush of the TLB, and an mprotect take a fifth longer. */
void pk_forget_cpus(void);
