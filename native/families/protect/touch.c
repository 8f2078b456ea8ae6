/* The first touch after a change: one access to each page of a region. */
#define _GNU_SOURCE
#include "change.h"

/* Regions in a batch. A touch takes a few nanoseconds, so many are needed to keep the overhead of the clocks small. */
#define TOUCHES 64

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], TOUCHES);
}

static int run_loads(void *state, uint64_t loops)
{
    const struct change *change = state;
    const char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (const volatile char *at = base; at < end; at += page)(void) * at;
        base += stride;
    }
    return 0;
}

static int run_stores(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (volatile char *at = base; at < end; at += page) *at = 1;
        base += stride;
    }
    return 0;
}

/* Change there, back, and there again: the pages touched next have just changed, and allow the access. */
static int prepare_touch(void *state)
{
    struct change *change = state;
    int status = put_all(change, change->to);

    status |= put_all(change, change->from);
    return status | put_all(change, change->to);
}

static int prepare_touch_keyed(void *state)
{
    struct change *change = state;

    pk_set_rights(change->keys[1].number, 0);
    return prepare_touch(state);
}

static int prepare_steady(void *state)
{
    return run_stores(state, batch(state));
}

/* Prove the change in both directions. */
static int verify_touch(void *state)
{
    struct change *change = state;
    int status;

    if (put_all(change, change->from))
        return pk_disprove("the change back failed");
    status = prove_side(change, change->from);
    if (!status && put_all(change, change->to))
        status = pk_disprove("the change failed");
    return status ? status : prove_side(change, change->to);
}

/* The proof needs a key that denies, the touch a key that allows. */
static int verify_touch_keyed(void *state)
{
    struct change *change = state;
    int status;

    pk_set_rights(change->keys[1].number, PKEY_DISABLE_WRITE);
    status = verify_touch(state);
    if (status)
        return status;
    pk_set_rights(change->keys[1].number, 0);
    return pk_prove_allowed(PK_STORE, change->regions.at[0].base);
}

#define TOUCH(identifier, text, key_needs, is_keyed, from_side, to_side, preparation, timed, proof, sentence)          \
    static int setup_##identifier(void *state, const int64_t *point)                                                   \
    {                                                                                                                  \
        return setup_change(state, (size_t)point[0], TOUCHES, is_keyed, (struct side)from_side, (struct side)to_side); \
    }                                                                                                                  \
    PK_BENCHMARK(identifier) = {                                                                                       \
        .family = "protect",                                                                                           \
        .name = text,                                                                                                  \
        .axes = {PK_PAGES_AXIS(QUICK_PAGES)},                                                                          \
        .group = "touch",                                                                                              \
        .operation = sentence,                                                                                         \
        .state_size = sizeof(struct change),                                                                           \
        .memory = memory,                                                                                              \
        .needs = key_needs,                                                                                            \
        .setup = setup_##identifier,                                                                                   \
        .batch = batch,                                                                                                \
        .prepare = preparation,                                                                                        \
        .run = timed,                                                                                                  \
        .verify = proof,                                                                                               \
        .teardown = teardown_change,                                                                                   \
    };

TOUCH(touch_steady, "touch-steady", 0, 0, SIDE(WRITE, 0), SIDE(WRITE, 0), prepare_steady, run_stores, verify_touch,
      "one store to each page of a region whose protection has not changed: the reference for the other touches")
TOUCH(touch_after_rw_ro, "touch-after-mprotect-rw-ro", 0, 0, SIDE(WRITE, 0), SIDE(READ, 0), prepare_touch, run_loads,
      verify_touch, "the first load from each page after mprotect from readable and writable to read-only")
TOUCH(touch_after_ro_rw, "touch-after-mprotect-ro-rw", 0, 0, SIDE(READ, 0), SIDE(WRITE, 0), prepare_touch, run_stores,
      verify_touch, "the first store to each page after mprotect from read-only to readable and writable")
TOUCH(touch_after_none_rw, "touch-after-mprotect-none-rw", 0, 0, SIDE(NONE, 0), SIDE(WRITE, 0), prepare_touch,
      run_stores, verify_touch, "the first store to each page after mprotect from no access to readable and writable")
TOUCH(touch_after_0_k, "touch-after-pkey-mprotect-0-k", PK_NEEDS_KEYS, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
      prepare_touch_keyed, run_stores, verify_touch_keyed,
      "the first store to each page after pkey_mprotect from key 0 to another key that allows access")
