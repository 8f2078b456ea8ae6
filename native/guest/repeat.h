/* Repeating a case in the guest until its instruction count is settled, for `loops` iterations and for twice as
 * many. */
#pragma once

#include "benchmark.h"
#include "guest/times.h"

struct totals {
    struct times once, twice; /* of `loops` iterations, and of twice as many */
    uint64_t loops;
};

/* Microseconds to pause before a repeat, numbered from 1: several timer interrupts, after which the kernel frees what
 * was released before. Nine repeats begin at different places within 4 ms. */
#define PAUSE_BEFORE(repeat) (40000 + (repeat)*370)

/* Pause, then count the instructions of so many iterations without a timer interrupt among them. Returns what
 * pk_case_measure returns. */
int measure_undisturbed(struct pk_case *opened, uint64_t loops, long microseconds, uint64_t *ticks);

/* Do so once, and note the result. */
int repeat_once(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept);

/* Repeat the case, then verify it again. 0, PK_SKIPPED, PK_DISPROVED or -errno. */
int repeat_case(struct pk_case *opened, struct totals *totals);

/* Instructions of one iteration. If there is no second total, they include those around it. */
uint64_t ticks_of_one(const struct totals *totals);
