#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/vmas.c"

static int forget_a_page(void *state)
{
    const struct change *change = state;

    return forget_page(&change->region);
}

static int claim_more_vmas(void *state)
{
    struct change *change = state;

    change->other_pages *= 1000;
    return 0;
}

static int touch_a_page(void *state)
{
    const struct change *change = state;

    *(volatile char *)change->address = 1;
    return 0;
}

WRONG_CASES = {
    {"mprotect does nothing", "syscall/mprotect-split-merge/*", "not a VMA of its own", make_mprotect_idle},
    {"a page is not populated", "syscall/mprotect-split-merge/*", "of the region are resident", forget_a_page},
    {"mprotect does nothing", "syscall/mprotect-among/*", "a store that must fault was allowed", make_mprotect_idle},
    {"there are fewer VMAs", "syscall/mprotect-among/*", "VMAs, fewer than", claim_more_vmas},
    {"mprotect does nothing", "syscall/mprotect-untouched/*", "must fault was allowed", make_mprotect_idle},
    {"a page has been touched", "syscall/mprotect-untouched/*", "is resident", touch_a_page},
    {0},
};
