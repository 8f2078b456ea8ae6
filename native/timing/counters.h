/* A group of perf events, counted around timed loops. */
#pragma once

#include "benchmark.h"

/* What the group had counted at one moment. */
struct pk_counted {
    uint64_t enabled; /* nanoseconds for which it should have counted */
    uint64_t running; /* nanoseconds for which it did: less where others shared the counters */
    uint64_t counts[PK_EVENTS_MAX];
};

/* Outside the readings of the clocks: each is a system call. They do nothing where no group is open. */
void pk_counters_start(void);
void pk_counters_stop(void);
struct pk_counted pk_counters_read(void);
/* Of pk_counters_follow alone: also around what times itself, where the group would count one thread of several. */
void pk_counters_start_own(void);
void pk_counters_stop_own(void);

/* Give a value what was counted since `before`. */
void pk_value_count(struct pk_value *value, const struct pk_counted *before);
