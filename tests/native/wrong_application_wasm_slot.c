#include "fake_calls.h"
#include "wrong.h"

#include "families/application/wasm_slot.c"

static int close_nothing(void *state)
{
    struct slot *slot = state;

    slot->domain.key.closed = slot->domain.key.open;
    pk_wrpkru(slot->domain.key.open);
    return 0;
}

/* All but the last page. */
static int change_less(void *state)
{
    struct slot *slot = state;

    slot->length -= pk_page_size();
    return 0;
}

static int touch_nothing(void *state, uint64_t loops)
{
    const struct slot *slot = state;

    (void)loops;
    return madvise(slot->base, slot->length, MADV_DONTNEED);
}

static int do_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static int verify_untouched(void *state)
{
    return prove_whole_reset(state, touch_nothing);
}

static int verify_old(void *state)
{
    return prove_remap(state, do_nothing);
}

WRONG_CASES = {
    {"mprotect does nothing", "application/wasm-grow-*", "must be allowed faulted", make_mprotect_idle},
    {"the key denies nothing", "application/wasm-*-key/*", "a store that must fault was allowed", close_nothing},
    {"a page is not reset", "application/wasm-reset-*", "was not reset and touched", change_less},
    {"the pages are not touched", "application/wasm-reset-*", "was not reset and touched", NULL, verify_untouched},
    {"the slot is not mapped again", "application/wasm-remap-*", "was not mapped again", NULL, verify_old},
    {"tagging does nothing", "application/wasm-remap-key/*", "a store that must fault was allowed",
     make_pkey_mprotect_idle},
    {0},
};
