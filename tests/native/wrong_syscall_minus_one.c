#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/minus_one.c"

static int forget_a_page(void *state)
{
    return forget_page(state);
}

static int merge_a_guard(void *state)
{
    return merge_guard(state, PROT_READ | PROT_WRITE, 0);
}

WRONG_CASES = {
    {"mprotect does nothing", "syscall/mprotect-page", "the region is rw- instead of", make_mprotect_idle},
    {"pkey_mprotect does nothing", "syscall/pkey-mprotect-minus-1", "the region is rw- instead of",
     make_pkey_mprotect_idle},
    {"the page is not populated", "syscall/*mprotect-page", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "syscall/*-minus-1", "not a VMA of its own", merge_a_guard},
    {0},
};
