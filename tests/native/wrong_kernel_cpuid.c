#include "fake_calls.h"
#include "wrong.h"

#include "families/kernel/cpuid.c"

static int expect_another_leaf(void *state)
{
    struct exits *exits = state;

    exits->highest++;
    return 0;
}

static int change_pkru(void *state)
{
    const struct exits *exits = state;

    pk_wrpkru(exits->pkru.value ^ 4);
    return 0;
}

WRONG_CASES = {
    {"the answer is another", "kernel/cpuid*", "CPUID does not return", expect_another_leaf},
    {"PKRU is another", "kernel/cpuid/*", "PKRU is 0x", change_pkru},
    {0},
};
