/* Changing regions made of one kind of page. A huge page changes as a whole. */
#define _GNU_SOURCE
#include "change.h"

#define MIB_PAGES 256

static size_t pages_of(const int64_t *point)
{
    return (size_t)point[1] * MIB_PAGES;
}

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory(pages_of(point), CHANGES);
}

static int support(const int64_t *point)
{
    size_t pages = pages_of(point);

    return pk_kind_support((enum pk_kind)point[0], pages * pk_page_size(), pk_regions_in_batch(pages, CHANGES));
}

static int setup(struct change *change, const int64_t *point, int keyed, struct side from, struct side to)
{
    size_t pages = pages_of(point);
    int status = begin_change(change, keyed, from, to);

    change->length = pages * pk_page_size();
    return status ? status
                  : pk_regions_map_kind(&change->regions, pk_regions_in_batch(pages, CHANGES), pages,
                                        (enum pk_kind)point[0]);
}

#define SIZE_AXIS                                                                                              \
    {                                                                                                          \
        .name = "mib", .meaning = "resident MiB in the region", .points = "2,32", .quick = "2", .more = "1024" \
    }

#define CHANGE(identifier, text, by, keyed, from_side, to_side, sentence)                \
    static int setup_##identifier(void *state, const int64_t *point)                     \
    {                                                                                    \
        return setup(state, point, keyed, (struct side)from_side, (struct side)to_side); \
    }                                                                                    \
    PK_BENCHMARK(identifier) = {                                                         \
        .family = "protect",                                                             \
        .name = text,                                                                    \
        .axes = {PK_KIND_AXIS("4k,thp"), SIZE_AXIS},                                     \
        .group = "kind",                                                                 \
        .floor = "syscall/mprotect-length-0",                                            \
        .operation = sentence,                                                           \
        .needs = keyed ? PK_NEEDS_KEYS : 0,                                              \
        .state_size = sizeof(struct change),                                             \
        .memory = memory,                                                                \
        .support = support,                                                              \
        .setup = setup_##identifier,                                                     \
        .batch = batch,                                                                  \
        .prepare = prepare,                                                              \
        .run = run_##by,                                                                 \
        .verify = verify_##by,                                                           \
        .teardown = teardown_change,                                                     \
    };

CHANGE(mprotect_kind_rw_ro, "mprotect-kind-rw-ro", mprotect, 0, SIDE(WRITE, 0), SIDE(READ, 0),
       "mprotect of a region of one kind of page from readable and writable to read-only")
CHANGE(mprotect_kind_ro_rw, "mprotect-kind-ro-rw", mprotect, 0, SIDE(READ, 0), SIDE(WRITE, 0),
       "mprotect of a region of one kind of page from read-only to readable and writable")
CHANGE(pkey_mprotect_kind_0_k, "pkey-mprotect-kind-0-k", pkey_mprotect, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
       "pkey_mprotect of a region of one kind of page from key 0 to another key, with the same protection")
CHANGE(pkey_mprotect_kind_k_0, "pkey-mprotect-kind-k-0", pkey_mprotect, 1, SIDE(WRITE, 1), SIDE(WRITE, 0),
       "pkey_mprotect of a region of one kind of page from a key to key 0, with the same protection")
