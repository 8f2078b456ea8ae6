#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/errors.c"

static int ask_for_a_whole_page(void *state)
{
    struct refused *refused = state;

    refused->address = refused->region.base;
    refused->length = pk_page_size();
    refused->expected = 0;
    return 0;
}

static int leave_a_key(void *state)
{
    struct refused *refused = state;

    return pk_pkey_free(refused->taken[0]);
}

WRONG_CASES = {
    {"mprotect does nothing", "syscall/mprotect-unaligned", "mprotect returned 0 instead of", make_mprotect_idle},
    {"it changes a page", "syscall/mprotect-length-0", "the region is r--", ask_for_a_whole_page},
    {"it changes a page", "syscall/mprotect-unaligned", "the region is r--", ask_for_a_whole_page},
    {"pkey_mprotect does nothing", "syscall/pkey-mprotect-bad-key", "returned 0 instead of", make_pkey_mprotect_idle},
    {"a key is left", "syscall/pkey-alloc-refused", "pkey_alloc returned", leave_a_key},
    {0},
};
