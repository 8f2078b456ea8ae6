#include "fake_calls.h"
#include "wrong.h"

#include "families/syscall/keys.c"

static int expect_another_key_taken(void *state)
{
    struct taken *taken = state;
    int next = pk_pkey_alloc(0);

    taken->keys[taken->count++].number = next;
    return next < 0 ? next : pk_pkey_free(next);
}

WRONG_CASES = {
    {"a key is handed out twice", "syscall/pkey-alloc-free*", "was handed out twice", expect_another_key_taken},
    {"pkey_free does nothing", "syscall/pkey-alloc-free*", "was not free again", make_pkey_free_idle},
    {0},
};
