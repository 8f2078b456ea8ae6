#include "fake_calls.h"
#include "wrong.h"

/* Where a handler that forgets the frame writes PKRU. */
static uint32_t lost;
static bool lose;

#include "cpu/frame.h"

static inline uint32_t *losing_frame_pkru(void *context, uint32_t offset)
{
    return lose ? &lost : pk_frame_pkru(context, offset);
}
#define pk_frame_pkru losing_frame_pkru

#include "families/switch/revoke_signal.c"

static int revoke_nothing(void *state)
{
    struct revocation *revocation = state;

    revocation->domain.key.closed = revocation->domain.key.open;
    return 0;
}

static int grant_nothing(void *state)
{
    struct revocation *revocation = state;

    revocation->domain.key.open = revocation->domain.key.closed;
    return 0;
}

/* The right comes back when the handler returns. */
static int change_only_in_the_handler(void *state)
{
    (void)state;
    lose = true;
    return 0;
}

static int signal_nobody(void *state)
{
    struct revocation *revocation = state;

    revocation->threads = 1;
    return 0;
}

static int tag_with_another_key(void *state)
{
    const struct revocation *revocation = state;

    return tag_differently(&revocation->domain.region);
}

WRONG_CASES = {
    {"revoking revokes nothing", "switch/revoke-signal/*", "a store that must fault was allowed", revoke_nothing},
    {"granting grants nothing", "switch/revoke-signal/*", "a store that must be allowed faulted", grant_nothing},
    {"the change is lost when the handler returns", "switch/revoke-signal/threads:2",
     "a store that must fault was allowed", change_only_in_the_handler},
    {"the other thread gets no signal", "switch/revoke-signal/threads:2", "a store that must fault was allowed",
     signal_nobody},
    {"the page has another key", "switch/revoke-signal/*", "the region has key", tag_with_another_key},
    {0},
};
