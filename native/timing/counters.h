/* A group of perf events that is counted around timed loops. */
#pragma once

#include "benchmark.h"

/* The counts of the group at one moment. */
struct pk_counted {
    uint64_t enabled; /* nanoseconds for which it was enabled */
    uint64_t running; /* nanoseconds for which it counted: fewer if the counters were shared */
    uint64_t counts[PK_EVENTS_MAX];
};

/* Called outside the readings of the clocks, because each is a system call. They do nothing if no group is open. */
void pk_counters_start(void);
void pk_counters_stop(void);
struct pk_counted pk_counters_read(void);
/* Only for pk_counters_follow. Also called around operations that time themselves, where the group would count only
 * one of several threads. */
void pk_counters_start_own(void);
void pk_counters_stop_own(void);

/* Fill in what was counted since `before`. */
void pk_value_count(struct pk_value *value, const struct pk_counted *before);
