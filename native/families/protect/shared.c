/* Shared memory: changing its protection in both directions, and touching it afterwards. */
#define _GNU_SOURCE
#include "backing.h"
#include "touch.h"

/* The two backings that are shared between processes and belong to no file system. */
static const struct backing *const shared[] = {&backings[1], &backings[2]};

static size_t pages_of(const int64_t *point)
{
    return (size_t)point[1];
}

static size_t most_changes(size_t pages)
{
    (void)pages;
    return CHANGES;
}

static int verify_touch(void *state)
{
    return verify_changes(state, prove_backed_side);
}

#define SHARED_AXES                                                                                               \
    {                                                                                                             \
        {.name = "backing",                                                                                       \
         .labels = "shared-anonymous,memfd",                                                                      \
         .points = "shared-anonymous,memfd",                                                                      \
         .quick = "memfd",                                                                                        \
         .meaning = "shared memory behind the region: anonymous memory that forked processes share, or a memfd"}, \
            {.name = "pages",                                                                                     \
             .meaning = "resident 4 KiB pages in the region, all of them stored to",                              \
             .points = "1,8,33,34,128,512,4096",                                                                  \
             .quick = "1,33,34,512"},                                                                             \
    }

#define SHARED(identifier, text, together, lower, from_side, to_side, most, preparation, timed, proof, sentence) \
    static int setup_##identifier(void *state, const int64_t *point)                                             \
    {                                                                                                            \
        return set_up_backed(state, shared[point[0]], pages_of(point), most(pages_of(point)), 0,                 \
                             (struct side)from_side, (struct side)to_side);                                      \
    }                                                                                                            \
    static uint64_t memory_##identifier(const int64_t *point)                                                    \
    {                                                                                                            \
        return pk_regions_memory(pages_of(point), most(pages_of(point)));                                        \
    }                                                                                                            \
    PK_BENCHMARK(identifier) = {                                                                                 \
        .family = "protect",                                                                                     \
        .name = text,                                                                                            \
        .axes = SHARED_AXES,                                                                                     \
        .group = together,                                                                                       \
        .floor = lower,                                                                                          \
        .operation = sentence,                                                                                   \
        .state_size = sizeof(struct backed),                                                                     \
        .memory = memory_##identifier,                                                                           \
        .setup = setup_##identifier,                                                                             \
        .batch = batch,                                                                                          \
        .prepare = preparation,                                                                                  \
        .run = timed,                                                                                            \
        .verify = proof,                                                                                         \
        .teardown = teardown_change,                                                                             \
    };

SHARED(shared_rw_ro, "mprotect-shared-rw-ro", "shared", "syscall/mprotect-length-0", SIDE(WRITE, 0), SIDE(READ, 0),
       most_changes, prepare, run_mprotect, verify_backed,
       "mprotect of a region of shared memory from readable and writable to read-only")
SHARED(shared_ro_rw, "mprotect-shared-ro-rw", "shared", "syscall/mprotect-length-0", SIDE(READ, 0), SIDE(WRITE, 0),
       most_changes, prepare, run_mprotect, verify_backed,
       "mprotect of a region of shared memory from read-only to readable and writable")
SHARED(touch_shared_steady, "shared-touch-steady", "shared-touch", NULL, SIDE(READ, 0), SIDE(WRITE, 0), most_touches,
       prepare_second_store, run_stores, verify_touch,
       "the second store to each page of shared memory after mprotect from read-only to readable and writable: what a "
       "store costs once the change is over")
SHARED(touch_shared_steady_load, "shared-touch-steady-load", "shared-touch", NULL, SIDE(WRITE, 0), SIDE(READ, 0),
       most_touches, prepare_second_load, run_loads, verify_touch,
       "the second load from each page of shared memory after mprotect from readable and writable to read-only: what a "
       "load costs once the change is over")
SHARED(touch_shared_after_rw_ro, "shared-touch-after-mprotect-rw-ro", "shared-touch",
       "protect/shared-touch-steady-load", SIDE(WRITE, 0), SIDE(READ, 0), most_touches, prepare_touch, run_loads,
       verify_touch,
       "the first load from each page of shared memory after mprotect from readable and writable to read-only")
SHARED(touch_shared_after_ro_rw, "shared-touch-after-mprotect-ro-rw", "shared-touch", "protect/shared-touch-steady",
       SIDE(READ, 0), SIDE(WRITE, 0), most_touches, prepare_touch, run_stores, verify_touch,
       "the first store to each page of shared memory after mprotect from read-only to readable and writable")
