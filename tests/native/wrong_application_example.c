#include "fake_calls.h"
#include "wrong.h"

#include "families/application/example.c"

static int tag_with_another_key(void *state)
{
    const struct example *example = state;

    /* Verify frees all keys and allocates them again, which gives the same numbers. */
    idle.other_key = example->keys[0] > 0 ? example->keys[0] : 1;
    return 0;
}

WRONG_CASES = {
    {"tagging does nothing", "application/phoronix-*", "the region has key 0", make_pkey_mprotect_idle},
    {"tagging takes another key", "application/phoronix-*", "the region has key", tag_with_another_key},
    {"setting rights does nothing", "application/phoronix-*", "must be allowed faulted", make_set_rights_idle},
    {"unmapping does nothing", "application/phoronix-*", "an unmapped page can be read", make_munmap_idle},
    {"freeing does nothing", "application/phoronix-*/phase:[!f]*", "phase 1 of the example failed",
     make_pkey_free_idle},
    {"freeing does nothing", "application/phoronix-*/phase:free", "can still be freed", make_pkey_free_idle},
    {0},
};
