#define _GNU_SOURCE
#include "guest/repeat.h"

#include <time.h>

#include "cpu/pkey.h"

/* The kernel's timer interrupts every 4 million instructions at 250 Hz: what is well below is mostly left alone, and
 * what is above begins right after an interrupt, so that each repeat meets as many of them and at the same places. */
#define TIMER 4000000u
#define UNDISTURBED 400000u
#define INTERRUPT 200u /* instructions of a timer interrupt, at least; a look at the clock takes a tenth of it */
#define LOOPS_MAX 64u
#define WARMUPS 4
/* Several timer interrupts: the kernel frees in their wake what it let go of before. */
#define QUIET_MICROSECONDS 40000
#define STEP_MICROSECONDS 370 /* nine steps, added up, come to different places in 4 ms */
#define REPEATS_MIN 3
/* What repeating one case may cost, in instructions, what is not timed included, before fewer repeats have to do; where
 * a repeat meets timer interrupts, so many times what it takes. */
#define BUDGET 25000000u
#define BUDGET_REPEATS 20

/* Let the kernel finish what was left behind, such as freed page tables and the nodes of mappings: what is taken again
 * before they have come back costs more. Costs nothing: an idle guest's time is skipped. Pauses of different length
 * also move what follows about between two timer interrupts, or every repeat of a case might meet one. */
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

/* A power of two, so that another boot, in which one iteration took a little more, comes to the same. */
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

/* Where no two iterations follow each other there is no difference to take: what surrounds one is counted in. */
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
