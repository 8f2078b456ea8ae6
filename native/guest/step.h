/* Counting the instructions that a process executes in user mode: another process steps through them one by one. */
#pragma once

#include <stdint.h>

/* A step is two switches between processes. */
#define STEPS_MAX 2000u
#define STEPS_UNKNOWN UINT64_MAX

/* Start the process that steps through this one, until this one ends. 0, or -1. */
int guest_be_traced(void);

/* Return how often so many iterations stop on their way into the kernel: at a system call before it and after it, and
 * at a signal; or STEPS_UNKNOWN. Exceptions that end in no signal are not among them. */
uint64_t guest_entries(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops);

/* Return how many instructions of user mode so many iterations are, or STEPS_UNKNOWN where they are too many, or not of
 * this process alone. A string instruction is one a repetition, as the emulator counts it. */
uint64_t guest_steps(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops);
