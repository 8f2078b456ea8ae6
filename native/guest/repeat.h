/* Repeating a case in the guest until its instruction count is settled, for `loops` iterations and for twice as
 * many. */
#pragma once

#include "benchmark.h"
#include "guest/times.h"

struct totals {
    struct times once, twice; /* of `loops` iterations, and of twice as many */
    uint64_t loops;
};

/* Pause, time so many iterations once, and note the result. Returns what pk_case_measure returns. */
int repeat_once(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept);

/* Repeat the case, then verify it again. 0, PK_SKIPPED, PK_DISPROVED or -errno. */
int repeat_case(struct pk_case *opened, struct totals *totals);

/* Instructions of one iteration. If there is no second total, they include those around it. */
uint64_t ticks_of_one(const struct totals *totals);
