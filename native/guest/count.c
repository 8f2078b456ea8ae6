/* Count the instructions of one operation, in a machine whose time-stamp counter advances by one an instruction. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>
#include <time.h>

#include "cpu/pkey.h"
#include "guest.h"
#include "step.h"

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
#define REPEATS_MAX 24
#define REPEATS_MIN 3
#define SEEN_ENOUGH 3 /* the shortest so often, and nothing has come in between */
#define SEEN_OFTEN 6  /* so often that what is shorter, but was seen less than that, is no matter */
/* Of stepping, in steps: more than a process is stepped through for the same iterations as were counted. */
#define STEPS_LIKED 500u
/* What repeating one case may cost, in instructions, what is not timed included, before fewer repeats have to do; where
 * a repeat meets timer interrupts, so many times what it takes. */
#define BUDGET 25000000u
#define BUDGET_REPEATS 20
/* Page tables, kernel stacks and what else a case needs besides the pages that it says it populates. */
#define SPARE_BYTES (64u << 20)

/* How long the repeats of one thing took: each different time, and how often it was seen. */
struct times {
    uint64_t ticks[REPEATS_MAX], longest;
    unsigned seen[REPEATS_MAX], different, repeats;
};

static void note(struct times *times, uint64_t ticks)
{
    unsigned place = 0;

    while (place < times->different && times->ticks[place] != ticks)
        place++;
    if (place == REPEATS_MAX)
        return;
    times->ticks[place] = ticks;
    times->seen[place]++;
    times->different += place == times->different;
    times->repeats++;
    if (ticks > times->longest)
        times->longest = ticks;
}

/* The place of the shortest of those seen so often, or -1. */
static int shortest_seen(const struct times *times, unsigned often)
{
    int shortest = -1;

    for (unsigned place = 0; place < times->different; place++)
        if (times->seen[place] >= often && (shortest < 0 || times->ticks[place] < times->ticks[shortest]))
            shortest = (int)place;
    return shortest;
}

/* The shortest is what nothing came in between; but what was seen once may be the one time that the kernel had
 * something at hand that it otherwise has to get. */
static int chosen(const struct times *times)
{
    for (unsigned often = SEEN_ENOUGH; often; often--)
        if (shortest_seen(times, often) >= 0)
            return shortest_seen(times, often);
    return 0;
}

static int is_settled(const struct times *times)
{
    int place = chosen(times);

    return times->seen[place] >= SEEN_ENOUGH && (place == shortest_seen(times, 1) || times->seen[place] >= SEEN_OFTEN);
}

int guest_parse(const char *line, struct guest_case *parsed)
{
    char name[128], family[128];
    long long point[PK_AXES_MAX];

    if (sscanf(line, "%u %127[^/]/%127s %lld %lld %lld", &parsed->index, family, name, &point[0], &point[1],
               &point[2]) != 6)
        return -1;
    parsed->traced = strstr(line, GUEST_TRACED) != NULL;
    for (int axis = 0; axis < PK_AXES_MAX; axis++)
        parsed->point[axis] = point[axis];
    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        parsed->benchmark = pk_benchmark_at(i);
        if (!strcmp(parsed->benchmark->family, family) && !strcmp(parsed->benchmark->name, name))
            return 0;
    }
    return -1;
}

static void say_ending(const struct guest_case *asked, int status)
{
    printf("%s %u %s\n", status == PK_SKIPPED ? "skipped" : "failed", asked->index, pk_reason());
}

static int fits_memory(const struct guest_case *asked)
{
    struct sysinfo system;
    uint64_t needed = asked->benchmark->memory ? asked->benchmark->memory(asked->point) : 0;
    uint64_t available;

    if (sysinfo(&system))
        return 0;
    available = (uint64_t)system.freeram * system.mem_unit;
    if (needed + SPARE_BYTES <= available)
        return 0;
    return pk_skip("needs %llu MiB of memory, and the guest has %llu MiB free", (unsigned long long)(needed >> 20),
                   (unsigned long long)(available >> 20));
}

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

static int count_loops(struct pk_case *opened, uint64_t loops, long microseconds, struct times *kept)
{
    struct pk_value value;
    int status;

    pause_for(microseconds);
    if (kept->longest > TIMER)
        await_interrupt();
    status = pk_case_measure(opened, loops, NULL, &value);

    if (!status)
        note(kept, value.ticks);
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

struct totals {
    struct times once, twice; /* of `loops` iterations, and of twice as many */
    uint64_t loops;
};

static int enough(const struct totals *totals, uint64_t spent)
{
    unsigned repeats = totals->once.repeats;
    uint64_t longest = totals->once.longest, budget = longest > TIMER ? longest * BUDGET_REPEATS : BUDGET;

    if (repeats < REPEATS_MIN)
        return repeats >= 2 && spent >= 2 * budget;
    return repeats >= REPEATS_MAX || spent >= budget ||
           (is_settled(&totals->once) && (!totals->twice.repeats || is_settled(&totals->twice)));
}

/* Where no two iterations follow each other there is no difference to take: what surrounds one is counted in. */
static int repeat(struct pk_case *opened, uint64_t batch, struct totals *totals)
{
    uint64_t spent = 0;
    int status = 0;

    while (!status && !enough(totals, spent)) {
        long microseconds = QUIET_MICROSECONDS + (totals->once.repeats + 1) * STEP_MICROSECONDS;
        uint64_t began = pk_ticks();

        status = count_loops(opened, totals->loops, microseconds, &totals->once);
        if (!status && batch >= 2)
            status = count_loops(opened, 2 * totals->loops, microseconds, &totals->twice);
        spent += pk_ticks() - began - (batch >= 2 ? 2 : 1) * 1000 * (uint64_t)microseconds;
    }
    return status;
}

static int count_case(struct pk_case *opened, struct totals *totals)
{
    uint64_t limit = pk_case_batch(opened), batch = limit ? limit : 2 * LOOPS_MAX, began = pk_ticks();
    struct times one = {0};
    int status = 0;

    for (int i = 0; i < WARMUPS && !status && (i == 0 || pk_ticks() - began < BUDGET / 10); i++)
        status = count_loops(opened, 1, 0, &one);
    totals->loops = choose_loops(one.ticks[shortest_seen(&one, 1)], batch);
    if (!status)
        status = repeat(opened, batch, totals);
    return status ? status : pk_case_verify(opened);
}

static void say_times(const struct times *times)
{
    int place = chosen(times);

    printf(" %llu %u %llu", (unsigned long long)times->ticks[place], times->seen[place],
           (unsigned long long)times->longest);
}

/* "measured INDEX LOOPS REPEATS", then of each total: what it is, how often it was seen, and the longest. */
static void say_totals(const struct guest_case *asked, const struct totals *totals)
{
    printf("measured %u %llu %u", asked->index, (unsigned long long)totals->loops, totals->once.repeats);
    say_times(&totals->once);
    if (totals->twice.repeats)
        say_times(&totals->twice);
    putchar('\n');
}

/* Of the case under way: `run` gets the case's state and nothing else. */
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

/* The instructions of user mode in so many iterations, and in twice as many where they can follow each other. */
struct user_mode {
    uint64_t loops, once, twice;
};

static int is_told(const struct user_mode *found)
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

/* In one iteration, where three show that all are alike; or in those that were counted, where they aren't too many. */
static struct user_mode find_user_mode(struct pk_case *opened, const struct totals *totals)
{
    struct user_mode one = step_through(opened, 1, totals->twice.repeats > 0);
    uint64_t each = one.twice - one.once, three;

    if (totals->loops == 1 || !is_told(&one))
        return one;
    three = one.twice + each > STEPS_MAX ? STEPS_UNKNOWN : count_steps(opened, 3);
    if (three != STEPS_UNKNOWN && three - one.twice == each)
        return one;
    if (each <= STEPS_LIKED / totals->loops)
        return step_through(opened, totals->loops, 1);
    one.once = STEPS_UNKNOWN;
    return one;
}

/* The instructions of one iteration, and those around it where there is nothing to take it from. */
static uint64_t ticks_of_one(const struct totals *totals)
{
    uint64_t once = totals->once.ticks[chosen(&totals->once)];

    return totals->twice.repeats ? (totals->twice.ticks[chosen(&totals->twice)] - once) / totals->loops : once;
}

/* Never in the kernel, an iteration is all user mode: what is too long for steps is known before. */
static int is_too_long(struct pk_case *opened, struct pk_benchmark *benchmark, const struct totals *totals)
{
    struct pk_value value;

    if (ticks_of_one(totals) <= STEPS_MAX)
        return 0;
    benchmark->run = run_watched;
    return !pk_case_measure(opened, 1, NULL, &value) && !stepped.entries && !value.minor_faults;
}

/* "user INDEX LOOPS", the instructions of user mode in once and twice as many, and those around them that a total
 * holds. */
static void count_user(const struct guest_case *asked, struct pk_benchmark *benchmark, struct pk_case *opened,
                       const struct totals *totals)
{
    struct times around = {0};
    struct user_mode found;

    stepped.run = benchmark->run;
    benchmark->run = run_nothing;
    if (guest_be_traced() || count_loops(opened, 1, 0, &around) || is_too_long(opened, benchmark, totals))
        return;
    benchmark->run = run_stepped;
    found = find_user_mode(opened, totals);
    if (is_told(&found))
        printf("user %u %llu %llu %llu %llu\n", asked->index, (unsigned long long)found.loops,
               (unsigned long long)found.once, (unsigned long long)found.twice, (unsigned long long)around.ticks[0]);
}

void guest_count(const struct guest_case *asked)
{
    struct pk_benchmark benchmark = *asked->benchmark; /* whose `run` is exchanged to tell user mode apart */
    struct totals totals = {0};
    struct pk_case *opened = NULL;
    int status = pk_benchmark_skipped(&benchmark, asked->point);

    if (!status)
        status = fits_memory(asked);
    if (!status)
        status = pk_case_open(&benchmark, asked->point, &opened);
    if (!status)
        status = pk_case_verify(opened);
    if (!status)
        status = count_case(opened, &totals);
    if (status)
        say_ending(asked, status);
    else
        say_totals(asked, &totals);
    if (!status && asked->traced)
        guest_trace(opened, totals.loops, totals.once.ticks[chosen(&totals.once)],
                    totals.twice.repeats ? totals.twice.ticks[chosen(&totals.twice)] : 0);
    else if (!status && benchmark.run)
        count_user(asked, &benchmark, opened, &totals);
    pk_case_close(opened);
}
