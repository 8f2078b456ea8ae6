/* The first touch after a change, and the second: one access to each page of a region. */
#define _GNU_SOURCE
#include "touch.h"

static size_t pages_of(const int64_t *point)
{
    return (size_t)point[0];
}

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory(pages_of(point), most_touches(pages_of(point)));
}

static int prepare_touch_keyed(void *state)
{
    struct change *change = state;

    pk_set_rights(change->keys[1].number, 0);
    return prepare_touch(state);
}

static int verify_touch(void *state)
{
    return verify_changes(state, prove_side);
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

#define TOUCH(identifier, text, base, key_needs, is_keyed, from_side, to_side, preparation, timed, proof, sentence)  \
    static int setup_##identifier(void *state, const int64_t *point)                                                 \
    {                                                                                                                \
        return setup_change(state, pages_of(point), most_touches(pages_of(point)), is_keyed, (struct side)from_side, \
                            (struct side)to_side);                                                                   \
    }                                                                                                                \
    PK_BENCHMARK(identifier) = {                                                                                     \
        .family = "protect",                                                                                         \
        .name = text,                                                                                                \
        .axes = {PK_PAGES_AXIS(QUICK_PAGES)},                                                                        \
        .group = "touch",                                                                                            \
        .floor = base,                                                                                               \
        .operation = sentence,                                                                                       \
        .state_size = sizeof(struct change),                                                                         \
        .memory = memory,                                                                                            \
        .needs = key_needs,                                                                                          \
        .setup = setup_##identifier,                                                                                 \
        .batch = batch,                                                                                              \
        .prepare = preparation,                                                                                      \
        .run = timed,                                                                                                \
        .verify = proof,                                                                                             \
        .teardown = teardown_change,                                                                                 \
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
