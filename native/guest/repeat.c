#define _GNU_SOURCE
#include "guest/repeat.h"

#include <time.h>

#include "cpu/pkey.h"

/* At 250 Hz, the kernel's timer interrupts every 4 million instructions. Runs well below that are mostly undisturbed.
 * Longer runs start right after an interrupt, so that each repeat meets as many interrupts, in the same places. */
#define TIMER 4000000u
#define UNDISTURBED 400000u
#define INTERRUPT \
    200u /* at least so many instructions take a timer interrupt; reading the clock takes a tenth of that */
#define LOOPS_MAX 64u
#define WARMUPS 4
/* A pause of several timer interrupts, after which the kernel frees what was released before. */
#define QUIET_MICROSECONDS 40000
#define STEP_MICROSECONDS 370 /* added up nine times, it reaches different places within 4 ms */
#define REPEATS_MIN 3
/* Instructions that repeating one case may take, including untimed ones, before fewer repeats have to suffice. For
 * runs longer than a timer interval: this many times the longest run. */
#define BUDGET 25000000u
#define BUDGET_REPEATS 20

/* Let the kernel finish its deferred work, such as freeing page tables and nodes of mappings. Allocating them anew
 * before they are freed costs more. The pause takes no real time, because an idle guest's time is skipped. Its length
 * varies, or every repeat of a case could meet a timer interrupt. */
static void pause_for(long microseconds)
{
    struct timespec time = {.tv_nsec = microseconds * 1000};

    nanosleep(&time, NULL);
}

static void await_interrupt(void)
{
    uint64_t began = pk_ticks(), last = began, now = began;

    for (; now - last < INTERRUPT && now - began < 2 * TIMER; now = pk_ticks())
        last = now;
}

int repeat_once(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept)
{
    struct pk_value value;
    int status;

    pause_for(microseconds);
    if (kept->longest > TIMER)
        await_interrupt();
    status = pk_case_measure(opened, loops, NULL, &value);

    if (!status)
        times_note(kept, value.ticks);
    return status;
}

/* A power of two. Another boot, in which one iteration took slightly more, then chooses the same number. */
static uint64_t choose_loops(uint64_t ticks_of_one, uint64_t batch)
{
    uint64_t most = UNDISTURBED / (ticks_of_one + 1), loops = 1;

    if (most > batch / 2)
        most = batch / 2;
    while (loops * 2 <= most && loops * 2 <= LOOPS_MAX)
        loops *= 2;
    return loops;
}

static int enough(const struct totals *totals, uint64_t spent)
{
    unsigned repeats = totals->once.repeats;
    uint64_t longest = totals->once.longest, budget = longest > TIMER ? longest * BUDGET_REPEATS : BUDGET;

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
        long microseconds = QUIET_MICROSECONDS + (totals->once.repeats + 1) * STEP_MICROSECONDS;
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
