#include "fake_calls.h"
#include "wrong.h"

#include <time.h>

#include "cpu/clock.h"

static bool clock_stands;

static int fake_clock_gettime(clockid_t clock, struct timespec *now)
{
    if (!clock_stands)
        return clock_gettime(clock, now);
    *now = (struct timespec){.tv_sec = 1};
    return 0;
}

#define clock_gettime fake_clock_gettime
#include "families/threads/victim.c"
#undef clock_gettime

static int stop_the_clock(void *state)
{
    (void)state;
    clock_stands = true;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct victim *victim = state;

    return forget_page(&victim->protector.region);
}

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static int keep_the_sibling_awake(void *state)
{
    static const struct pk_team_work awake = {.idle = spin, .verify = verify_alone_member};
    struct victim *victim = state;

    victim->team.work = &awake;
    return 0;
}

WRONG_CASES = {
    {"the clock stands still", "threads/victim-alone", "the clock stands still", stop_the_clock},
    {"the clock stands still", "threads/victim-mean/*", "the clock stands still", stop_the_clock},
    {"the sibling is awake", "threads/victim-alone", "must sleep is in state", keep_the_sibling_awake},
    {"mprotect does nothing", "threads/victim-mean/*", "must change protection does not", make_mprotect_idle},
    {"a page is not populated", "threads/victim-mean/pages:33", "of the region are resident instead of", forget_a_page},
    {0},
};
