/* The part of a count that is user mode's. */
#pragma once

#include "guest/guest.h"
#include "guest/repeat.h"

/* Print "user INDEX LOOPS", the instructions of user mode in once and twice as many iterations, and those around them
 * that a total holds; nothing where they are not known. Exchanges the benchmark's `run`, which is the caller's copy. */
void user_mode_count(const struct guest_case *asked, struct pk_benchmark *benchmark, struct pk_case *opened,
                     const struct totals *totals);
