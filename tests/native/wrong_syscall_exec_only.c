#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/exec_only.c"

/* The fresh process is not fresh: its parent has already made a page execute-only. */
static int take_the_key_before(void *state)
{
    struct pk_region region;
    int status = pk_region_map(&region, 1);

    (void)state;
    return status ? status : pk_mprotect(region.base, pk_page_size(), PROT_EXEC);
}

WRONG_CASES = {
    {"mprotect does nothing", "syscall/exec-only-first", "a load that must fault was allowed", make_mprotect_idle},
    {"mprotect does nothing", "syscall/exec-only-again", "keys of", make_mprotect_idle},
    {"mprotect does nothing", "syscall/exec-only-undo", "keys of", make_mprotect_idle},
    {"the process has the key already", "syscall/exec-only-*", "keys of", take_the_key_before},
    {0},
};
