#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/backing.c"
#include "wrong_change.h"

static const struct pk_region *last_region(void *state)
{
    const struct pk_regions *regions = &((struct change *)state)->regions;

    return &regions->at[regions->count - 1];
}

/* Store to a page that must not be stored to. */
static int store(void *state)
{
    int status = prepare(state);

    *last_region(state)->base = 1;
    return status;
}

static int map_shared_memory(void *state)
{
    const struct pk_region *region = last_region(state);
    int status = map_shared(region, -1, 0);

    if (!status)
        touch(state, region->base);
    return status;
}

static int map_private_memory(void *state)
{
    return pk_region_renew(last_region(state));
}

static int unmap_the_zero_page(void *state)
{
    return forget_page(last_region(state));
}

WRONG_CASES = {
    {"the backing is shared", "protect/*mprotect-backing/backing:anonymous/*", "the region is shared",
     map_shared_memory},
    {"the backing is private", "protect/*mprotect-backing/backing:shared-*", "the region is private",
     map_private_memory},
    {"the backing is another", "protect/*mprotect-backing/backing:memfd/*", "is backed by", map_shared_memory},
    {"the backing is another", "protect/*mprotect-backing/backing:tmpfs-*", "is backed by", map_shared_memory},
    {"a page is stored to", "protect/*mprotect-backing/backing:tmpfs-clean/*", "KiB of the region are clean", store},
    {"a page is stored to", "protect/*mprotect-backing/backing:zero-page/*", "are resident instead of 0", store},
    {"a page is not mapped", "protect/*mprotect-backing/backing:zero-page/*", "is not mapped", unmap_the_zero_page},
    {"mprotect does nothing", "protect/mprotect-backing/*", "the region is", ignore_the_change},
    {"pkey_mprotect does nothing", "protect/pkey-mprotect-backing/*", "the region has key", ignore_the_change},
    {0},
};
