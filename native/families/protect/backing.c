/* Changing the protection of memory with different backings. */
#define _GNU_SOURCE
#include <sys/vfs.h>

#include "backing.h"

#define TMPFS_KIND 0x01021994 /* linux/magic.h */

static size_t pages_of(const int64_t *point)
{
    return (size_t)point[1];
}

static uint64_t memory(const int64_t *point)
{
    return is_zero_page(&backings[point[0]]) ? 0 : pk_regions_memory(pages_of(point), CHANGES);
}

static int support(const int64_t *point)
{
    struct statfs found;
    int file;

    if (!is_on_tmpfs(&backings[point[0]]))
        return 0;
    if (statfs(TMPFS, &found) || found.f_type != TMPFS_KIND)
        return pk_skip(TMPFS " is not a tmpfs: mount -t tmpfs tmpfs " TMPFS);
    file = open_unnamed();
    if (file < 0)
        return pk_skip("no file can be created in " TMPFS ": %s", strerror(errno));
    close(file);
    return 0;
}

#define BACKINGS "anonymous,shared-anonymous,memfd,tmpfs-clean,tmpfs-dirty,zero-page"
#define BACKING_AXES                                                                                                   \
    {                                                                                                                  \
        {.name = "backing",                                                                                            \
         .labels = BACKINGS,                                                                                           \
         .points = BACKINGS,                                                                                           \
         .quick = "anonymous,memfd",                                                                                   \
         .meaning = "backing of the region: private or shared anonymous memory, a memfd, a file on tmpfs whose pages " \
                    "have only been loaded from or also stored to, the zero page"},                                    \
            {.name = "pages", .meaning = "mapped 4 KiB pages in the region", .points = "1,512", .quick = "512"},       \
    }

#define CHANGE(identifier, text, by, is_keyed, from_side, to_side, sentence)                                         \
    static int setup_##identifier(void *state, const int64_t *point)                                                 \
    {                                                                                                                \
        return set_up_backed(state, &backings[point[0]], pages_of(point), CHANGES, is_keyed, (struct side)from_side, \
                             (struct side)to_side);                                                                  \
    }                                                                                                                \
    PK_BENCHMARK(identifier) = {                                                                                     \
        .family = "protect",                                                                                         \
        .name = text,                                                                                                \
        .axes = BACKING_AXES,                                                                                        \
        .group = "backing",                                                                                          \
        .floor = "syscall/mprotect-length-0",                                                                        \
        .operation = sentence,                                                                                       \
        .needs = is_keyed ? PK_NEEDS_KEYS : 0,                                                                       \
        .state_size = sizeof(struct backed),                                                                         \
        .memory = memory,                                                                                            \
        .support = support,                                                                                          \
        .setup = setup_##identifier,                                                                                 \
        .batch = batch,                                                                                              \
        .prepare = prepare,                                                                                          \
        .run = run_##by,                                                                                             \
        .verify = verify_backed,                                                                                     \
        .teardown = teardown_change,                                                                                 \
    };

CHANGE(mprotect_backing, "mprotect-backing", mprotect, 0, SIDE(WRITE, 0), SIDE(READ, 0),
       "mprotect of a region with one kind of backing from readable and writable to read-only")
CHANGE(pkey_mprotect_backing, "pkey-mprotect-backing", pkey_mprotect, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
       "pkey_mprotect of a region with one kind of backing from key 0 to another key, with the same protection")
