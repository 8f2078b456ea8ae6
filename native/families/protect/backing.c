/* Changing the protection of memory with different backings: private or shared anonymous memory, files in memory, the
 * zero page. */
#define _GNU_SOURCE
#include <fcntl.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/vfs.h>

#include "change.h"
#include "memory/smaps.h"

#define TMPFS "/dev/shm"
#define TMPFS_KIND 0x01021994 /* linux/magic.h */

/* One point of the axis, in the order of the labels. */
struct backing {
    const char *path; /* start of its path in smaps */
    bool shared, file, stored;
};

static const struct backing backings[] = {
    {.path = "", .stored = true},
    {.path = "/dev/zero (deleted)", .shared = true, .stored = true},
    {.path = "/memfd:pkbench (deleted)", .shared = true, .file = true, .stored = true},
    {.path = TMPFS "/", .shared = true, .file = true},
    {.path = TMPFS "/", .shared = true, .file = true, .stored = true},
    {.path = ""},
};

struct backed {
    struct change change; /* first, so that a pointer to this is one to it */
    const struct backing *backing;
};

/* Private memory that was never stored to. */
static bool is_zero_page(const struct backing *backing)
{
    return !backing->shared && !backing->stored;
}

static bool is_on_tmpfs(const struct backing *backing)
{
    return !strncmp(backing->path, TMPFS, strlen(TMPFS));
}

static size_t pages_of(const int64_t *point)
{
    return (size_t)point[1];
}

static uint64_t memory(const int64_t *point)
{
    return is_zero_page(&backings[point[0]]) ? 0 : pk_regions_memory(pages_of(point), CHANGES);
}

static int open_unnamed(void)
{
    return open(TMPFS, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

static int support(const int64_t *point)
{
    struct statfs found;
    int file;

    if (!is_on_tmpfs(&backings[point[0]]))
        return 0;
    if (statfs(TMPFS, &found) || found.f_type != TMPFS_KIND)
        return pk_skip(TMPFS "is not a tmpfs: mount -t tmpfs tmpfs" TMPFS);
    file = open_unnamed();
    if (file < 0)
        return pk_skip("no file can be created in" TMPFS ": %s", strerror(errno));
    close(file);
    return 0;
}

/* Return a descriptor, or -errno. */
static int make_file(const struct backing *backing, size_t length)
{
    int file = is_on_tmpfs(backing) ? open_unnamed() : (int)syscall(SYS_memfd_create, "pkbench", 1u /* MFD_CLOEXEC */);

    if (file < 0)
        return pk_error(errno, "make a file in memory");
    if (ftruncate(file, (off_t)length)) {
        int status = pk_error(errno, "give the file its length");
        close(file);
        return status;
    }
    return file;
}

static void touch(const struct backed *backed, char *base)
{
    size_t page = pk_page_size();

    for (volatile char *at = base; at < base + backed->change.length; at += page) {
        if (backed->backing->stored)
            *at = 1;
        else
            (void)*at;
    }
}

static int map_shared(const struct pk_region *region, int file, off_t offset)
{
    int flags = MAP_SHARED | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
    size_t length = pk_region_length(region);

    if (mmap(region->base, length, WRITE, flags, file, offset) == MAP_FAILED)
        return pk_error(errno, "map what the region is backed by");
    madvise(region->base, length, MADV_NOHUGEPAGE);
    return 0;
}

static int map_backed(struct backed *backed, size_t pages, int file)
{
    struct pk_regions *regions = &backed->change.regions;
    int status = 0;

    for (size_t i = 0; i < regions->count && !status; i++) {
        struct pk_region *region = &regions->at[i];

        status = backed->backing->shared ? map_shared(region, file, (off_t)(i * backed->change.length))
                                         : pk_region_lay(region, 0);
        if (!status)
            touch(backed, region->base);
        region->absent = is_zero_page(backed->backing) ? pages : 0; /* the kernel does not count the zero page */
    }
    return status;
}

/* Close the file: the mappings keep it. */
static int setup(struct backed *backed, const int64_t *point, int keyed, struct side from, struct side to)
{
    size_t pages = pages_of(point), count = pk_regions_in_batch(pages, CHANGES);
    struct pk_regions *regions = &backed->change.regions;
    int status = begin_change(&backed->change, keyed, from, to), file = -1;

    backed->backing = &backings[point[0]];
    backed->change.length = pages * pk_page_size();
    backed->change.fragile = !backed->backing->stored;
    if (!status)
        status = pk_regions_fence(regions, count, pages, pk_page_size());
    if (!status && backed->backing->file) {
        file = make_file(backed->backing, count * backed->change.length);
        status = file < 0 ? file : 0;
    }
    if (!status)
        status = map_backed(backed, pages, file);
    if (file >= 0)
        close(file);
    return status;
}

/* Check in smaps where the pages come from, and whether they have been stored to. */
static int prove_backing(const struct pk_vma *vma, void *context)
{
    const struct backing *backing = context;
    uint64_t expected = (vma->end - vma->start) / 1024, found = backing->stored ? vma->dirty : vma->clean;

    if (vma->permissions[3] != (backing->shared ? 's' : 'p'))
        return pk_disprove("the region is %s", backing->shared ? "private" : "shared");
    if (strncmp(vma->path, backing->path, *backing->path ? strlen(backing->path) : sizeof vma->path) != 0)
        return pk_disprove("the region is backed by '%s' instead of '%s'", vma->path, backing->path);
    if (is_zero_page(backing))
        return 0;
    if (found != expected)
        return pk_disprove("%" PRIu64 " KiB of the region are %s instead of %" PRIu64, found,
                           backing->stored ? "dirty" : "clean", expected);
    return 0;
}

/* The zero page is mapped, though the kernel counts no page as resident. */
static int prove_zero_page(const struct pk_region *region)
{
    unsigned char *mapped = malloc(region->pages);
    int status = 0;

    if (!mapped || mincore(region->base, pk_region_length(region), mapped))
        status = pk_error(mapped ? errno : ENOMEM, "look for mapped pages");
    for (size_t i = 0; i < region->pages && !status; i++)
        if (!(mapped[i] & 1))
            status = pk_disprove("page %zu of the region is not mapped", i);
    free(mapped);
    return status;
}

/* Prove the backing before loading anything, which would map missing pages. */
static int prove_backed_side(const struct change *change, struct side side)
{
    const struct backed *backed = (const struct backed *)change;
    int status = 0;

    for (size_t i = 0; i < change->regions.count && !status; i++) {
        const struct pk_region *region = &change->regions.at[i];

        status = pk_vmas_between(region->base, region->base + change->length, prove_backing, (void *)backed->backing);
        if (!status && is_zero_page(backed->backing))
            status = prove_zero_page(region);
    }
    return status ? status : prove_side(change, side);
}

static int verify_backed(void *state)
{
    const struct change *change = state;

    return verify_change(state, change->keyed ? run_pkey_mprotect : run_mprotect, prove_backed_side);
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

#define CHANGE(identifier, text, by, is_keyed, from_side, to_side, sentence)                \
    static int setup_##identifier(void *state, const int64_t *point)                        \
    {                                                                                       \
        return setup(state, point, is_keyed, (struct side)from_side, (struct side)to_side); \
    }                                                                                       \
    PK_BENCHMARK(identifier) = {                                                            \
        .family = "protect",                                                                \
        .name = text,                                                                       \
        .axes = BACKING_AXES,                                                               \
        .group = "backing",                                                                 \
        .floor = "syscall/mprotect-length-0",                                               \
        .operation = sentence,                                                              \
        .needs = is_keyed ? PK_NEEDS_KEYS : 0,                                              \
        .state_size = sizeof(struct backed),                                                \
        .memory = memory,                                                                   \
        .support = support,                                                                 \
        .setup = setup_##identifier,                                                        \
        .batch = batch,                                                                     \
        .prepare = prepare,                                                                 \
        .run = run_##by,                                                                    \
        .verify = verify_backed,                                                            \
        .teardown = teardown_change,                                                        \
    };

CHANGE(mprotect_backing, "mprotect-backing", mprotect, 0, SIDE(WRITE, 0), SIDE(READ, 0),
       "mprotect of a region with one kind of backing from readable and writable to read-only")
CHANGE(pkey_mprotect_backing, "pkey-mprotect-backing", pkey_mprotect, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
       "pkey_mprotect of a region with one kind of backing from key 0 to another key, with the same protection")
