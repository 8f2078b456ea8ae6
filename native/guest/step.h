/* Counting the instructions that a process executes in user mode: another process steps through them one by one. */
#pragma once

#include <stdint.h>

/* Each step takes two switches between the processes. */
#define STEPS_MAX 2000u
#define STEPS_UNKNOWN UINT64_MAX

/* Start a process that steps through this one until this one ends. 0, or -1. */
int guest_be_traced(void);

/* Return how often so many iterations enter the kernel: twice for each system call, before and after it, and once for
 * each signal. STEPS_UNKNOWN if unknown. Exceptions that cause no signal are not included. */
uint64_t guest_entries(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops);

/* Return the number of user-mode instructions of so many iterations. STEPS_UNKNOWN if there are too many, or if
 * another process or thread takes part. A string instruction counts once for each repetition, as in the emulator. */
uint64_t guest_steps(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops);
