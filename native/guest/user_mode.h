/* The user-mode part of a count. */
#pragma once

#include "guest/guest.h"
#include "guest/repeat.h"

/* Print "user INDEX LOOPS", the user-mode instructions of `loops` and of twice as many iterations, and the
 * instructions around them that a total includes. Print nothing if they are unknown. Replaces `run` in the benchmark,
 * which is the caller's copy. */
void user_mode_count(const struct guest_case *asked, struct pk_benchmark *benchmark, struct pk_case *opened,
                     const struct totals *totals);
