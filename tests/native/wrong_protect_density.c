#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/density.c"
#include "wrong_change.h"

static int touch(void *state, size_t which)
{
    const struct change *change = state;
    int status = prepare(state);

    change->regions.at[REGIONS - 1].base[which * pk_page_size()] = 1;
    return status;
}

static int forget_the_first(void *state)
{
    const struct thin *thin = state;
    char *at = thin->change.regions.at[REGIONS - 1].base + thin->resident[0] * pk_page_size();

    return madvise(at, pk_page_size(), MADV_DONTNEED) ? -errno : 0;
}

static int touch_one_more(void *state)
{
    return touch(state, ((struct change *)state)->regions.at[0].pages - 2);
}

/* The same number of pages is resident, but one of them is elsewhere. */
static int move_the_first(void *state)
{
    int status = touch(state, ((struct thin *)state)->resident[0] + 1);

    return status ? status : forget_the_first(state);
}

WRONG_CASES = {
    {"a page is not resident", "protect/mprotect-sparse/*", "of the region are resident instead of", forget_the_first},
    {"a page is elsewhere", "protect/mprotect-sparse/*", "of the region is not resident", move_the_first},
    {"a page more is resident", "protect/mprotect-sparse/*", "of the region are resident instead of", touch_one_more},
    {"a page more is resident", "protect/mprotect-density/percent:[01]", "KiB of the region are resident",
     touch_one_more},
    {"a page is elsewhere", "protect/mprotect-density/percent:[15]0", "of the region is not resident", move_the_first},
    {"a page is not resident", "protect/mprotect-density/percent:100", "KiB of the region are", forget_the_first},
    {"mprotect does nothing", "protect/mprotect-density/*", "the region is", ignore_the_change},
    {"mprotect does nothing", "protect/mprotect-sparse/*", "the region is", ignore_the_change},
    {0},
};
