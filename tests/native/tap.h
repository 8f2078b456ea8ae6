/* Output in the Test Anything Protocol, from a program of the host or from a guest's first process. */
#pragma once

#include <stdbool.h>

/* In a guest's first process, mount what is needed and open the port for the output. Elsewhere only set up
 * buffering. */
void tap_begin(void);

void tap_ok(const char *name);
void tap_skip(const char *name, const char *reason);
void tap_not_ok(const char *name, const char *reason);

/* Print the number of results, and return the exit status. A guest's first process ends the guest. */
int tap_end(void);
