#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/call_gate.c"

static _Alignas(16) char outside[4096];

static void store_nothing(void *argument)
{
    (void)argument;
}

static int call_something_else(void *state)
{
    struct gate *gate = state;

    gate->entry = store_nothing;
    return 0;
}

static int stay_outside(void *state)
{
    struct gate *gate = state;

    gate->top = outside + sizeof outside;
    return 0;
}

static int close_nothing(void *state)
{
    struct gate *gate = state;

    gate->domain.key.closed = gate->domain.key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct gate *gate = state;

    gate->domain.key.open = gate->domain.key.closed;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct gate *gate = state;

    return forget_page(&gate->domain.region);
}

static int tag_with_another_key(void *state)
{
    const struct gate *gate = state;

    return tag_differently(&gate->domain.region);
}

WRONG_CASES = {
    {"the function stores nothing", "switch/call-gate*", "the store inside the domain did not happen",
     call_something_else},
    {"the stack is outside", "switch/call-gate*", "ran on a stack outside the domain", stay_outside},
    {"closing closes nothing", "switch/call-gate", "a load that must fault was allowed", close_nothing},
    {"opening opens nothing", "switch/call-gate", "the operation faulted", open_nothing},
    {"a page is not populated", "switch/call-gate*", "of the region are resident instead of", forget_a_page},
    {"the domain has another key", "switch/call-gate", "the region has key", tag_with_another_key},
    {0},
};
