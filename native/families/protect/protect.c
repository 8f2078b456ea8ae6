/* Changing the protection or the key of resident pages. */
#define _GNU_SOURCE
#include "change.h"

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], CHANGES);
}

#define CHANGE(identifier, text, shown, by, keyed, from_side, to_side, sentence)                                    \
    static int setup_##identifier(void *state, const int64_t *point)                                                \
    {                                                                                                               \
        return setup_change(state, (size_t)point[0], CHANGES, keyed, (struct side)from_side, (struct side)to_side); \
    }                                                                                                               \
    PK_BENCHMARK(identifier) = {                                                                                    \
        .family = "protect",                                                                                        \
        .name = text,                                                                                               \
        .axes = {PK_PAGES_AXIS(QUICK_PAGES)},                                                                       \
        .headline = shown,                                                                                          \
        .group = "protect",                                                                                         \
        .floor = "syscall/mprotect-length-0",                                                                       \
        .operation = sentence,                                                                                      \
        .needs = keyed ? PK_NEEDS_KEYS : 0,                                                                         \
        .state_size = sizeof(struct change),                                                                        \
        .memory = memory,                                                                                           \
        .setup = setup_##identifier,                                                                                \
        .batch = batch,                                                                                             \
        .prepare = prepare,                                                                                         \
        .run = run_##by,                                                                                            \
        .verify = verify_##by,                                                                                      \
        .teardown = teardown_change,                                                                                \
    };

CHANGE(mprotect_rw_ro, "mprotect-rw-ro", 1, mprotect, 0, SIDE(WRITE, 0), SIDE(READ, 0),
       "mprotect of a resident region from readable and writable to read-only")
CHANGE(mprotect_ro_rw, "mprotect-ro-rw", 1, mprotect, 0, SIDE(READ, 0), SIDE(WRITE, 0),
       "mprotect of a resident region from read-only to readable and writable")
CHANGE(mprotect_rw_none, "mprotect-rw-none", 1, mprotect, 0, SIDE(WRITE, 0), SIDE(NONE, 0),
       "mprotect of a resident region from readable and writable to no access")
CHANGE(mprotect_none_rw, "mprotect-none-rw", 1, mprotect, 0, SIDE(NONE, 0), SIDE(WRITE, 0),
       "mprotect of a resident region from no access to readable and writable")
CHANGE(pkey_mprotect_0_k, "pkey-mprotect-0-k", 1, pkey_mprotect, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
       "pkey_mprotect of a resident region from key 0 to another key, with the same protection")
CHANGE(pkey_mprotect_k_0, "pkey-mprotect-k-0", 0, pkey_mprotect, 1, SIDE(WRITE, 1), SIDE(WRITE, 0),
       "pkey_mprotect of a resident region from a key to key 0, with the same protection")
CHANGE(pkey_mprotect_j_k, "pkey-mprotect-j-k", 0, pkey_mprotect, 1, SIDE(WRITE, 2), SIDE(WRITE, 1),
       "pkey_mprotect of a resident region from one key to another, neither of them key 0, with the same protection")
