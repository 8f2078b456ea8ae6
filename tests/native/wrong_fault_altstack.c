#include "fake_calls.h"
#include "wrong.h"

#include "families/fault/altstack.c"

static int close_nothing(void *state)
{
    struct altstack *altstack = state;

    altstack->domain.key.closed = altstack->domain.key.open;
    return 0;
}

static int stay_on_the_stack(void *state)
{
    const struct altstack *altstack = state;
    struct handler replaced;

    return handler_install(&replaced, altstack->handler.signal, 0, allow_key);
}

static int tag_with_another_key(void *state)
{
    const struct altstack *altstack = state;

    return tag_differently(&altstack->domain.region);
}

static int forget_a_page(void *state)
{
    const struct altstack *altstack = state;

    return forget_page(&altstack->domain.region);
}

WRONG_CASES = {
    {"closing closes nothing", "fault/altstack*", "the store was caught 0 times", close_nothing},
    {"it is the usual stack", "fault/altstack*", "the handler ran on another stack", stay_on_the_stack},
    {"a page is not populated", "fault/altstack*", "of the region are resident instead of", forget_a_page},
    {"the region has another key", "fault/altstack*", "the region has key", tag_with_another_key},
    {0},
};
