/* Answers in the Test Anything Protocol, from a host's program as from a guest's first process. */
#pragma once

#include <stdbool.h>

/* Make a guest's first process able to ask the kernel; elsewhere do nothing. */
void tap_begin(void);

void tap_ok(const char *name);
void tap_skip(const char *name, const char *reason);
void tap_not_ok(const char *name, const char *reason);

/* Say how many answers there were, and return the exit status; a guest's first process ends the guest. */
int tap_end(void);
