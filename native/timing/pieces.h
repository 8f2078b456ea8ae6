/* A value in pieces, of which those count during which the core was ours. */
#pragma once

#include "benchmark.h"

/* Have `run` do so many iterations piece by piece, and time no-ops around each. `run` adds to seconds and ticks. 0, or
 * what it returned. */
int pk_pieces_measure(int (*run)(void *context, uint64_t loops, struct pk_value *value), void *context, uint64_t loops,
                      const struct pk_pieces *wanted, struct pk_value *value);
