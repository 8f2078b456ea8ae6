/* The first touch after a change, and the second: one access to each page of a region.
 *
 * Every access is to the cache line after the one of the page before. At one offset in every page, all lines would
 * share a set of the first-level cache, and misses there would hide what the change costs. The second touch follows
 * the same changes, in the same order, over the same pages: it has all that the first one has except the change. */
#define _GNU_SOURCE
#include "change.h"

/* Regions in a batch. A touch takes a few nanoseconds, so many are needed to keep the overhead of the clocks small. But
 * the pages of a batch must fit the second-level TLB and their lines a first-level cache of 32 KiB, or the second touch
 * would miss what the first one misses. */
#define TOUCHES 64
#define TOUCH_PAGES 512
#define LINE 64

static size_t most_touches(const int64_t *point)
{
    size_t fit = TOUCH_PAGES / (size_t)point[0];

    return fit > TOUCHES ? TOUCHES : fit ? fit : 1;
}

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], most_touches(point));
}

static int run_loads(void *state, uint64_t loops)
{
    const struct change *change = state;
    const char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride, offset = 0;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (const char *at = base; at < end; at += page)
        {
            (void)*(const volatile char *)(at + offset);
            offset = (offset + LINE) & (page - 1);
        }
        base += stride;
    }
    return 0;
}

static int run_stores(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride, offset = 0;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (char *at = base; at < end; at += page)
        {
            *(volatile char *)(at + offset) = 1;
            offset = (offset + LINE) & (page - 1);
        }
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

/* For the second touch, make the first one here, untimed. */
static int prepare_second_load(void *state)
{
    int status = prepare_touch(state);

    return status | run_loads(state, batch(state));
}

static int prepare_second_store(void *state)
{
    int status = prepare_touch(state);

    return status | run_stores(state, batch(state));
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

#define TOUCH(identifier, text, base, key_needs, is_keyed, from_side, to_side, preparation, timed, proof, sentence) \
    static int setup_##identifier(void *state, const int64_t *point)                                                \
    {                                                                                                               \
        return setup_change(state, (size_t)point[0], most_touches(point), is_keyed, (struct side)from_side,         \
                            (struct side)to_side);                                                                  \
    }                                                                                                               \
    PK_BENCHMARK(identifier) = {                                                                                    \
        .family = "protect",                                                                                        \
        .name = text,                                                                                               \
        .axes = {PK_PAGES_AXIS(QUICK_PAGES)},                                                                       \
        .group = "touch",                                                                                           \
        .floor = base,                                                                                              \
        .operation = sentence,                                                                                      \
        .state_size = sizeof(struct change),                                                                        \
        .memory = memory,                                                                                           \
        .needs = key_needs,                                                                                         \
        .setup = setup_##identifier,                                                                                \
        .batch = batch,                                                                                             \
        .prepare = preparation,                                                                                     \
        .run = timed,                                                                                               \
        .verify = proof,                                                                                            \
        .teardown = teardown_change,                                                                                \
    };

TOUCH(touch_steady, "touch-steady", NULL, 0, 0, SIDE(READ, 0), SIDE(WRITE, 0), prepare_second_store, run_stores,
      verify_touch,
      "the second store to each page after mprotect from read-only to readable and writable: what a store costs once "
      "the change is over")
TOUCH(touch_steady_load, "touch-steady-load", NULL, 0, 0, SIDE(WRITE, 0), SIDE(READ, 0), prepare_second_load, run_loads,
      verify_touch,
      "the second load from each page after mprotect from readable and writable to read-only: what a load costs once "
      "the change is over")
TOUCH(touch_after_rw_ro, "touch-after-mprotect-rw-ro", "protect/touch-steady-load", 0, 0, SIDE(WRITE, 0), SIDE(READ, 0),
      prepare_touch, run_loads, verify_touch,
      "the first load from each page after mprotect from readable and writable to read-only")
TOUCH(touch_after_ro_rw, "touch-after-mprotect-ro-rw", "protect/touch-steady", 0, 0, SIDE(READ, 0), SIDE(WRITE, 0),
      prepare_touch, run_stores, verify_touch,
      "the first store to each page after mprotect from read-only to readable and writable")
TOUCH(touch_after_none_rw, "touch-after-mprotect-none-rw", "protect/touch-steady", 0, 0, SIDE(NONE, 0), SIDE(WRITE, 0),
      prepare_touch, run_stores, verify_touch,
      "the first store to each page after mprotect from no access to readable and writable")
TOUCH(touch_after_0_k, "touch-after-pkey-mprotect-0-k", "protect/touch-steady", PK_NEEDS_KEYS, 1, SIDE(WRITE, 0),
      SIDE(WRITE, 1), prepare_touch_keyed, run_stores, verify_touch_keyed,
      "the first store to each page after pkey_mprotect from key 0 to another key that allows access")
