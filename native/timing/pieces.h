/* A value measured in pieces, of which only uncontended ones count. */
#pragma once

#include "benchmark.h"

/* Have `run` do so many iterations piece by piece, and time no-ops around each piece. `run` adds to seconds and
 * ticks. Returns 0, or what `run` returned. */
int pk_pieces_measure(int (*run)(void *context, uint64_t loops, struct pk_value *value), void *context, uint64_t loops,
                      const struct pk_pieces *wanted, struct pk_value *value);
