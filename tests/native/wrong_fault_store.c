#include "fake_calls.h"
#include "wrong.h"

#include "families/fault/store.c"

static int close_nothing(void *state)
{
    struct denied *denied = state;

    denied->key.closed = denied->key.open;
    return 0;
}

static int replace_handler(struct denied *denied, void (*handle)(int, siginfo_t *, void *))
{
    struct handler replaced;

    return handler_install(&replaced, denied->handler.signal, 0, handle);
}

static int repair_nothing(void *state)
{
    return replace_handler(state, step_over);
}

static void do_nothing(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    handler_take(&current->handler, info, context);
}

static int handle_nothing(void *state)
{
    return replace_handler(state, do_nothing);
}

static int repair_instead(void *state)
{
    struct denied *denied = state;

    return replace_handler(denied, denied->key.number ? allow_key : allow_page);
}

static int forget_a_page(void *state)
{
    const struct denied *denied = state;

    return forget_page(&denied->regions.at[0]);
}

static int merge_a_guard(void *state)
{
    const struct denied *denied = state;
    int pkey = denied->key.number;

    return merge_guard(&denied->regions.at[0], pkey ? PROT_READ | PROT_WRITE : PROT_READ, pkey);
}

static int tag_with_another_key(void *state)
{
    const struct denied *denied = state;

    return tag_differently(&denied->regions.at[0]);
}

/* After the jump out, other rights are restored. */
static int put_back_another_pkru(void *state)
{
    struct denied *denied = state;

    denied->key.closed |= PKEY_DISABLE_ACCESS << (2 * denied->key.number);
    return 0;
}

WRONG_CASES = {
    {"closing closes nothing", "fault/pkey-*", "a store that must fault was allowed", close_nothing},
    {"mprotect does nothing", "fault/mprotect-[rsl]*", "a store that must be allowed faulted", make_mprotect_idle},
    {"mprotect does nothing", "fault/mprotect-not-present", "caught 2 times instead of once", make_mprotect_idle},
    {"it steps over the store", "fault/*-repair", "the store was not made", repair_nothing},
    {"it steps over the store", "fault/*-not-present", "the store was not made", repair_nothing},
    {"the handler does nothing", "fault/*-repair", "caught 2 times instead of once", handle_nothing},
    {"the handler does nothing", "fault/*-skip", "caught 2 times instead of once", handle_nothing},
    {"the handler does nothing", "fault/*-longjmp", "caught 2 times instead of once", handle_nothing},
    {"it makes the store", "fault/mprotect-skip", "the store was made", repair_instead},
    {"it makes the store", "fault/pkey-skip", "PKRU is 0x", repair_instead},
    {"it reads no more", "fault/pkey-longjmp", "a load that must be allowed faulted", put_back_another_pkru},
    {"the page is not populated", "fault/*-repair", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "fault/*-skip", "not a VMA of its own", merge_a_guard},
    {"the page has another key", "fault/pkey-[rsl]*", "the region has key", tag_with_another_key},
    {"the page has another key", "fault/pkey-not-present", "a store that must fault was allowed", tag_with_another_key},
    {0},
};
