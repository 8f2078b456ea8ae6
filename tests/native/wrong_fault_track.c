#include "fake_calls.h"
#include "wrong.h"

#include "families/fault/track.c"

static int leave_pages_out(void *state)
{
    struct track *track = state;

    track->stride = 2;
    return 0;
}

static int close_nothing(void *state)
{
    struct track *track = state;

    track->domain.key.closed = track->domain.key.open;
    return 0;
}

/* Open all pages at the first store, and note only one. */
static void open_all(int signal, siginfo_t *info, void *context)
{
    const struct pk_region *region = &current->domain.region;

    if (!note(signal, info, context, false))
        return;
    if (current->uffd)
        write_protect(current->uffd, (uintptr_t)region->base, pk_region_length(region), 0);
    else
        pk_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE);
}

static void open_nothing(int signal, siginfo_t *info, void *context)
{
    note(signal, info, context, false);
}

static int replace_handler(const struct track *track, void (*handle)(int, siginfo_t *, void *))
{
    struct handler replaced;

    return handler_install(&replaced, track->handler.signal, 0, handle);
}

static int notice_one_page(void *state)
{
    return replace_handler(state, open_all);
}

static int handle_nothing(void *state)
{
    return replace_handler(state, open_nothing);
}

static int forget_a_page(void *state)
{
    const struct track *track = state;

    return forget_page(&track->domain.region);
}

static int tag_with_another_key(void *state)
{
    const struct track *track = state;

    return tag_differently(&track->domain.region);
}

WRONG_CASES = {
    {"mprotect does nothing", "fault/track-mprotect/*", "no store was noticed", make_mprotect_idle},
    {"closing closes nothing", "fault/track-key/*", "no store was noticed", close_nothing},
    {"pages are left out", "fault/track-mprotect/*", "not noted as written", leave_pages_out, .pages = 16},
    {"pages are left out", "fault/track-userfaultfd*", "not noted as written", leave_pages_out, .pages = 16},
    {"one fault opens all", "fault/track-mprotect/*", "not noted as written", notice_one_page, .pages = 16},
    {"one fault opens all", "fault/track-userfaultfd/*", "not noted as written", notice_one_page, .pages = 16},
    {"the handler does nothing", "fault/track-mprotect/*", "a store faults again", handle_nothing},
    {"the handler does nothing", "fault/track-userfaultfd/*", "a store faults again", handle_nothing},
    {"the handler does nothing", "fault/track-key/*", "a store faults again", handle_nothing},
    {"a page is not populated", "fault/track-*", "of the region are resident instead of", forget_a_page},
    {"the region has another key", "fault/track-key/*", "the region has key", tag_with_another_key},
    {0},
};
