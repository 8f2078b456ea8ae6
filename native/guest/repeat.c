#define _GNU_SOURCE
#include "guest/repeat.h"

#include <time.h>

#include "cpu/pkey.h"
#include "guest/timer.h"

#define INSTRUCTIONS_LIKED 400000u /* of the iterations that are counted together */
#define LOOPS_MAX 64u
#define WARMUPS 4
#define REPEATS_MIN 3
/* Instructions that repeating one case may take, including untimed ones, before fewer repeats have to suffice: at
 * least so many, and at least so many times the longest run. */
#define BUDGET 25000000u
#define BUDGET_REPEATS 20

/* Let the kernel finish its deferred work, such as freeing page tables and nodes of mappings. Allocating them anew
 * before they are freed costs more. The pause takes no real time, because an idle guest's time is skipped. Its length
 * varies, so that repeats that agree do not agree by the time at which they began. */
static void pause_for(long microseconds)
{
    struct timespec time = {.tv_nsec = microseconds * 1000};

    nanosleep(&time, NULL);
}

int measure_undisturbed(struct pk_case *opened, uint64_t loops, long microseconds, uint64_t *ticks)
{
    struct pk_value value;
    int status;

    pause_for(microseconds);
    timer_hold();
    status = pk_case_measure(opened, loops, NULL, &value);
    timer_release();
    if (!status)
        *ticks = value.ticks;
    return status;
}

int repeat_once(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept)
{
    uint64_t ticks;
    int status = measure_undisturbed(opened, loops, microseconds, &ticks);

    if (!status)
        times_note(kept, ticks);
    return status;
}

/* A power of two. Another boot, in which one iteration took slightly more, then chooses the same number. */
static uint64_t choose_loops(uint64_t ticks_of_one, uint64_t batch)
{
    uint64_t most = INSTRUCTIONS_LIKED / (ticks_of_one + 1), loops = 1;

    if (most > batch / 2)
        most = batch / 2;
    while (loops * 2 <= most && loops * 2 <= LOOPS_MAX)
        loops *= 2;
    return loops;
}

static int enough(const struct totals *totals, uint64_t spent)
{
    unsigned repeats = totals->once.repeats;
    uint64_t budget = totals->once.longest * BUDGET_REPEATS;

    if (budget < BUDGET)
        budget = BUDGET;
    if (repeats < REPEATS_MIN)
        return repeats >= 2 && spent >= 2 * budget;
    return repeats >= REPEATS_MAX || spent >= budget ||
           (times_settled(&totals->once) && (!totals->twice.repeats || times_settled(&totals->twice)));
}

/* If no two iterations can follow each other, there is no difference to take: the count includes what surrounds one
 * iteration. */
static int repeat(struct pk_case *opened, uint64_t batch, struct totals *totals)
{
    uint64_t spent = 0;
    int status = 0;

    while (!status && !enough(totals, spent)) {
        long microseconds = PAUSE_BEFORE(totals->once.repeats + 1);
        uint64_t began = pk_ticks();

        status = repeat_once(opened, totals->loops, microseconds, &totals->once);
        if (!status && batch >= 2)
            status = repeat_once(opened, 2 * totals->loops, microseconds, &totals->twice);
        spent += pk_ticks() - began - (batch >= 2 ? 2 : 1) * 1000 * (uint64_t)microseconds;
    }
    return status;
}

int repeat_case(struct pk_case *opened, struct totals *totals)
{
    uint64_t limit = pk_case_batch(opened), batch = limit ? limit : 2 * LOOPS_MAX, began = pk_ticks();
    struct times one = {0};
    int status = 0;

    for (int i = 0; i < WARMUPS && !status && (i == 0 || pk_ticks() - began < BUDGET / 10); i++)
        status = repeat_once(opened, 1, 0, &one);
    totals->loops = choose_loops(one.ticks[times_shortest(&one, 1)], batch);
    if (!status)
        status = repeat(opened, batch, totals);
    return status ? status : pk_case_verify(opened);
}

uint64_t ticks_of_one(const struct totals *totals)
{
    uint64_t once = totals->once.ticks[times_chosen(&totals->once)];

    return totals->twice.repeats ? (totals->twice.ticks[times_chosen(&totals->twice)] - once) / totals->loops : once;
}
