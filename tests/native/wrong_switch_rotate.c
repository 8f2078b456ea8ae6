#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/rotate.c"

static int close_nothing(void *state)
{
    struct rotation *rotation = state;

    open_all(rotation);
    rotation->closed = pk_rdpkru();
    return 0;
}

static int open_nothing(void *state)
{
    struct rotation *rotation = state;

    rotation->turns[rotation->count - 1].open = rotation->closed;
    return 0;
}

static int open_the_others_too(void *state)
{
    struct rotation *rotation = state;

    open_all(rotation);
    rotation->turns[0].open = pk_rdpkru();
    pk_wrpkru(rotation->closed);
    return 0;
}

static int stay(void *state)
{
    struct rotation *rotation = state;

    rotation->turns[0].next = &rotation->turns[0];
    return 0;
}

static int forget_a_page(void *state)
{
    const struct rotation *rotation = state;

    return forget_page(&rotation->domains[0].region);
}

static int tag_with_another_key(void *state)
{
    const struct rotation *rotation = state;
    const struct pk_region *region = &rotation->domains[0].region;

    return pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE,
                            rotation->domains[1].key.number);
}

WRONG_CASES = {
    {"closing closes nothing", "switch/rotate/*", "a load that must fault was allowed", close_nothing},
    {"opening opens nothing", "switch/rotate/*", "a store that must be allowed faulted", open_nothing},
    {"opening opens the others, too", "switch/rotate/keys:2/*", "a load that must fault was allowed",
     open_the_others_too},
    {"one domain never comes to its turn", "switch/rotate*/keys:2/bytes:[146]*", "was not touched in its turn", stay},
    {"a page is not populated", "switch/rotate*", "of the region are resident instead of", forget_a_page},
    {"a domain has another's key", "switch/rotate/keys:2/*", "the region has key", tag_with_another_key},
    {0},
};
