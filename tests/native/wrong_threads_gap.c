#include "fake_calls.h"
#include "wrong.h"

#include "cpu/clock.h"

static _Atomic bool clock_stands;

static struct pk_clock fake_clock_begin(void)
{
    return clock_stands ? (struct pk_clock){{.tv_sec = 1}, 1} : pk_clock_begin();
}

#define pk_clock_begin fake_clock_begin
#include "families/threads/gap.c"
#undef pk_clock_begin

static int stop_the_clock(void *state)
{
    (void)state;
    clock_stands = true;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct gap *gap = state;

    return forget_page(&gap->region);
}

WRONG_CASES = {
    {"the clock stands still", "threads/victim-gap*", "a gap of 2 ms was measured as", stop_the_clock},
    {"mprotect does nothing", "threads/victim-gap/*", "a store that must fault was allowed", make_mprotect_idle},
    {"a page is not populated", "threads/victim-gap/*", "of the region are resident instead of", forget_a_page},
    {"getppid does nothing", "threads/victim-gap-alone", "getppid does not answer", make_getppid_idle},
    {0},
};
