/* Repeat a case in the guest until its instructions are known: for so many iterations, and for twice as many. */
#pragma once

#include "benchmark.h"
#include "guest/times.h"

struct totals {
    struct times once, twice; /* of `loops` iterations, and of twice as many */
    uint64_t loops;
};

/* Pause, time so many iterations once, and note how long they took. What pk_case_measure returns. */
int repeat_once(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept);

/* Repeat the case, then verify it once more. 0, PK_SKIPPED, PK_DISPROVED or -errno. */
int repeat_case(struct pk_case *opened, struct totals *totals);

/* The instructions of one iteration; where no second total was taken, with those around it. */
uint64_t ticks_of_one(const struct totals *totals);
