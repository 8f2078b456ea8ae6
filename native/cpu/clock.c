/* The resolution of the clock, and how long reading it takes. */
#include "cpu/clock.h"

#define READS 2000 /* about 50 µs */

void pk_clock_measure(struct pk_clock_precision *found)
{
    struct timespec first, before, now;

    *found = (struct pk_clock_precision){0};
    clock_gettime(CLOCK_MONOTONIC_RAW, &first);
    before = now = first;
    for (int i = 0; i < READS; i++) {
        double step;

        clock_gettime(CLOCK_MONOTONIC_RAW, &now);
        step = pk_seconds_between(&before, &now);
        /* A coarse clock shows the same time many times over. An interrupt makes one step long. So keep the shortest
         * step. */
        if (step > 0 && (found->step_seconds == 0 || step < found->step_seconds))
            found->step_seconds = step;
        before = now;
    }
    found->read_seconds = pk_seconds_between(&first, &now) / READS;
}
