#include "crooked.h"
#include "wrong.h"

#include "families/threads/sharing.c"

static int forget_a_page(void *state)
{
    const struct party *party = state;

    return forget_page(&party->regions[0]);
}

static int merge_a_guard(void *state)
{
    const struct party *party = state;

    return merge_guard(&party->regions[0], PROT_READ | PROT_WRITE, 0);
}

WRONG_CASES = {
    {"mprotect does nothing", "threads/mprotect-own-*", "a store that must fault went through", make_mprotect_idle},
    {"a page is not populated", "threads/mprotect-own-*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with a neighbour", "threads/mprotect-own-*", "not a VMA of its own", merge_a_guard},
    {0},
};
