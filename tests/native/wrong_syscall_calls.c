#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/calls.c"

static int forget_a_page(void *state)
{
    const struct same *same = state;

    return forget_page(&same->region);
}

static int merge_a_guard(void *state)
{
    const struct same *same = state;

    return merge_guard(&same->region, PROT_READ | PROT_WRITE, same->key.number);
}

/* The operation must not repair the fault. */
static int tag_with_another_key(void *state)
{
    const struct same *same = state;

    return tag_differently(&same->region);
}

static int allow_writing(void *state)
{
    const struct same *same = state;

    pk_set_rights(same->key.number, 0);
    return 0;
}

WRONG_CASES = {
    {"it is another system call", "syscall/getppid", "getppid returned 0 instead of", make_getppid_idle},
    {"the page is not populated", "syscall/*mprotect-same", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "syscall/*mprotect-same", "not a VMA of its own", merge_a_guard},
    {"the page has another key", "syscall/pkey-mprotect-same", "the region has key", tag_with_another_key},
    {"the key allows writing", "syscall/pkey-mprotect-same", "a store that must fault was allowed", allow_writing},
    {0},
};
