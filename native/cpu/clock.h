/* The two clocks of a value: elapsed time and time-stamp counter. */
#pragma once

#include <time.h>

#include "benchmark.h"
#include "cpu/pkey.h"

struct pk_clock {
    struct timespec time;
    uint64_t ticks;
};

static inline struct pk_clock pk_clock_begin(void)
{
    struct pk_clock now;

    clock_gettime(CLOCK_MONOTONIC_RAW, &now.time);
    now.ticks = pk_ticks();
    return now;
}

/* Mirrors pk_clock_begin: the ticks lie within the seconds, and only the operation lies within the ticks. */
static inline struct pk_clock pk_clock_end(void)
{
    struct pk_clock now;

    now.ticks = pk_ticks();
    clock_gettime(CLOCK_MONOTONIC_RAW, &now.time);
    return now;
}

static inline double pk_seconds_between(const struct timespec *from, const struct timespec *to)
{
    return (double)(to->tv_sec - from->tv_sec) + (double)(to->tv_nsec - from->tv_nsec) * 1e-9;
}

/* Add the time between two readings to a value. */
static inline void pk_value_add(struct pk_value *value, const struct pk_clock *from, const struct pk_clock *to)
{
    value->seconds += pk_seconds_between(&from->time, &to->time);
    value->ticks += to->ticks - from->ticks;
}
