/* The CPUs that the calling thread may run on. */
#pragma once

/* Fill in the allowed CPUs, highest number first, because CPU 0 handles most interrupts. Returns how many, or 0. */
int pk_last_cpus(int *cpus, int most);

/* Pin the calling thread to one CPU. 0 or -errno. */
int pk_pin(int cpu);

/* Make the kernel forget on which other CPUs this address space ran before. Otherwise each TLB flush would include
 * them for up to a second, and an mprotect would take 20 % longer. */
void pk_forget_cpus(void);
