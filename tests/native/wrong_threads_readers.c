#include "fake_calls.h"
#include "wrong.h"

#include "families/threads/readers.c"

static int read_nothing(void *state)
{
    struct readers *readers = state;

    readers->at_once = 0;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct readers *readers = state;

    return forget_page(&readers->fixture.regions[0]);
}

WRONG_CASES = {
    {"the readers read nothing", "threads/mprotect-readers/pages:512/threads:2", "must read the region reads nothing",
     read_nothing},
    {"mprotect does nothing", "threads/mprotect-readers*", "a store that must fault was allowed", make_mprotect_idle},
    {"a page is not populated", "threads/mprotect-readers/*/threads:1", "of the region are resident instead of",
     forget_a_page},
    {0},
};
