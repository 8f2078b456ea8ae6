#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/shared.c"
#include "wrong_change.h"

static struct pk_region *last_region(void *state)
{
    const struct pk_regions *regions = &((struct change *)state)->regions;

    return &regions->at[regions->count - 1];
}

static int map_private_memory(void *state)
{
    return pk_region_renew(last_region(state));
}

static int map_other_shared_memory(void *state)
{
    const struct pk_region *region = last_region(state);
    int status = map_shared(region, -1, 0);

    if (!status)
        touch(state, region->base);
    return status;
}

WRONG_CASES = {
    {"mprotect does nothing", "protect/mprotect-shared-*", "the region is", ignore_the_change},
    {"mprotect does nothing", "protect/shared-touch-*", "the region is", make_mprotect_idle},
    {"the memory is private", "protect/*shared-[mrt]*", "the region is private", map_private_memory},
    {"the backing is another", "protect/*shared-[mrt]*/backing:memfd/*", "is backed by", map_other_shared_memory},
    {"a page is not populated", "protect/*shared-[mrt]*", "of the region are dirty instead of", forget_a_page},
    {0},
};
