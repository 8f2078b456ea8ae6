#include "crooked.h"
#include "wrong.h"

#include "families/threads/threads.c"

static int claim_the_opposite(void *state)
{
    struct party *party = state;

    party->siblings = party->siblings == SIBLINGS_SPINNING ? SIBLINGS_SLEEPING : SIBLINGS_SPINNING;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct party *party = state;

    return forget_page(&party->regions[0]);
}

static int merge_a_guard(void *state)
{
    const struct party *party = state;
    /* Only here do the pages have the key before verify. */
    int keyed = party->crew.work->run == run_keyed;

    return merge_guard(&party->regions[0], PROT_READ | PROT_WRITE, keyed ? party->pkey : 0);
}

static int tag_with_another_key(void *state)
{
    const struct party *party = state;

    return tag_differently(&party->regions[0]);
}

static int allow_writing(void *state)
{
    struct party *party = state;

    party->closed = party->open;
    pk_wrpkru(party->open);
    return 0;
}

WRONG_CASES = {
    {"the siblings sleep", "threads/mprotect-siblings/siblings:spinning/threads:2", "must sleep is in state",
     claim_the_opposite},
    {"the siblings spin", "threads/*/siblings:sleeping/threads:2", "must spin does not run", claim_the_opposite},
    {"mprotect does nothing", "threads/mprotect-own-region/*", "a store that must fault went through", make_mprotect_idle},
    {"mprotect does nothing", "threads/mprotect-siblings/*", "a store that must fault went through", make_mprotect_idle},
    {"pkey_mprotect does nothing", "threads/pkey-mprotect-siblings/*", "a store that must fault went through",
     make_pkey_mprotect_idle},
    {"the key allows writing", "threads/pkey-*", "a store that must fault went through", allow_writing},
    {"a page is not populated", "threads/*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with a neighbour", "threads/*", "not a VMA of its own", merge_a_guard},
    {"the page has another key", "threads/pkey-set-own/*", "the region has key", tag_with_another_key},
    {0},
};
