/* Counting the instructions that a process executes in user mode, by stepping through them one by one: what its two sides
 * agree on. The process marks where to begin and where to end by stopping itself, with the address of the answer as the
 * third argument of its kill(2), where its tracer finds it in a register and writes the number of steps. */
#pragma once

#include <stdint.h>
#include <sys/types.h>

/* A step costs some ten thousand instructions. */
#define STEPS_MAX 2500u
#define STEPS_UNKNOWN UINT64_MAX

/* The tracer's side: take notice of a stop of the process, and let it go on. */
void guest_stopped(pid_t process, int status);

/* The process's own side: be traced from now on. 0, or -1. */
int guest_be_traced(void);

/* Return how many instructions of user mode so many iterations are, or STEPS_UNKNOWN where they are too many, or not of this
 * process alone. A string instruction is one a repetition, as the emulator counts it. */
uint64_t guest_steps(int (*run)(void *state, uint64_t loops), void *state, uint64_t loops);
