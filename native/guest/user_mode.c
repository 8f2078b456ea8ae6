#define _GNU_SOURCE
#include "guest/user_mode.h"

#include <stdio.h>

#include "guest/step.h"

/* Preferred limit of single steps for stepping through as many iterations as were counted. */
#define STEPS_LIKED 500u

/* The case under way. It is static because `run` gets only the case's state. */
static struct {
    int (*run)(void *state, uint64_t loops);
    uint64_t steps, entries;
} stepped;

static int run_stepped(void *state, uint64_t loops)
{
    stepped.steps = guest_steps(stepped.run, state, loops);
    return 0;
}

static int run_watched(void *state, uint64_t loops)
{
    stepped.entries = guest_entries(stepped.run, state, loops);
    return 0;
}

static int run_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static uint64_t count_steps(struct pk_case *opened, uint64_t loops)
{
    struct pk_value value;

    stepped.steps = STEPS_UNKNOWN;
    return pk_case_measure(opened, loops, NULL, &value) ? STEPS_UNKNOWN : stepped.steps;
}

/* User-mode instructions of `loops` iterations, and of twice as many if they can follow each other. */
struct user_mode {
    uint64_t loops, once, twice;
};

static int is_known(const struct user_mode *found)
{
    return found->once != STEPS_UNKNOWN && found->twice != STEPS_UNKNOWN;
}

static struct user_mode step_through(struct pk_case *opened, uint64_t loops, int twice)
{
    struct user_mode found = {.loops = loops, .once = count_steps(opened, loops)};

    if (twice)
        found.twice = 2 * found.once > STEPS_MAX ? STEPS_UNKNOWN : count_steps(opened, 2 * loops);
    return found;
}

/* Step through one and two iterations, if a third shows that all are alike. Otherwise step through as many as were
 * counted, unless there are too many. */
static struct user_mode find_user_mode(struct pk_case *opened, const struct totals *totals)
{
    struct user_mode one = step_through(opened, 1, totals->twice.repeats > 0);
    uint64_t each = one.twice - one.once, three;

    if (totals->loops == 1 || !is_known(&one))
        return one;
    three = one.twice + each > STEPS_MAX ? STEPS_UNKNOWN : count_steps(opened, 3);
    if (three != STEPS_UNKNOWN && three - one.twice == each)
        return one;
    if (each <= STEPS_LIKED / totals->loops)
        return step_through(opened, totals->loops, 1);
    one.once = STEPS_UNKNOWN;
    return one;
}

/* If an iteration never enters the kernel, all its instructions are user mode's. This tells before stepping that
 * there are too many. */
static int is_too_long(struct pk_case *opened, struct pk_benchmark *benchmark, const struct totals *totals)
{
    struct pk_value value;

    if (ticks_of_one(totals) <= STEPS_MAX)
        return 0;
    benchmark->run = run_watched;
    return !pk_case_measure(opened, 1, NULL, &value) && !stepped.entries && !value.minor_faults;
}

void user_mode_count(const struct guest_case *asked, struct pk_benchmark *benchmark, struct pk_case *opened,
                     const struct totals *totals)
{
    struct times around = {0};
    struct user_mode found;

    stepped.run = benchmark->run;
    benchmark->run = run_nothing;
    if (guest_be_traced() || repeat_once(opened, 1, 0, &around) || is_too_long(opened, benchmark, totals))
        return;
    benchmark->run = run_stepped;
    found = find_user_mode(opened, totals);
    if (is_known(&found))
        printf("user %u %llu %llu %llu %llu\n", asked->index, (unsigned long long)found.loops,
               (unsigned long long)found.once, (unsigned long long)found.twice, (unsigned long long)around.ticks[0]);
}
