#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/part.c"

/* Inject only once the change begins: a kernel that never does anything would be caught earlier. */
static int ignore_the_change(void *state)
{
    int status = prepare(state);

    idle.mprotect = true;
    return status;
}

static int make_of_small_pages(void *state)
{
    struct part *part = state;

    part->regions.at[HUGE_PAGES - 1].kind = PK_4K;
    return 0;
}

static int make_anew(void *state)
{
    struct part *part = state;

    return pk_region_renew(&part->regions.at[HUGE_PAGES - 1]);
}

static int change_the_whole(void *state)
{
    struct part *part = state;

    part->place = 0;
    part->length = pk_kind_size(PK_THP);
    return 0;
}

WRONG_CASES = {
    {"mprotect does nothing", "protect/mprotect-thp-part/*", "a store that must fault was allowed", ignore_the_change},
    {"small pages", "protect/mprotect-thp-part/when:first", "are transparent huge pages", make_of_small_pages},
    {"not split before", "protect/mprotect-thp-part/when:steady", "are transparent huge pages", make_anew},
    {"the whole is changed", "protect/mprotect-thp-part/*", "a store that must be allowed faulted", change_the_whole},
    {0},
};
