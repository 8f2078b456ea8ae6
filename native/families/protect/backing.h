/* Regions with different backings: private or shared anonymous memory, files in memory, the zero page. */
#pragma once

#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "change.h"
#include "memory/smaps.h"

#define TMPFS "/dev/shm"

struct backing {
    const char *path; /* start of its path in smaps */
    bool shared, file, stored;
};

/* In the order of the labels of the axis. */
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
static inline bool is_zero_page(const struct backing *backing)
{
    return !backing->shared && !backing->stored;
}

static inline bool is_on_tmpfs(const struct backing *backing)
{
    return !strncmp(backing->path, TMPFS, strlen(TMPFS));
}

static inline int open_unnamed(void)
{
    return open(TMPFS, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
}

/* Return a descriptor, or -errno. */
static inline int make_file(const struct backing *backing, size_t length)
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

static inline void touch(const struct backed *backed, char *base)
{
    size_t page = pk_page_size();

    for (volatile char *at = base; at < base + backed->change.length; at += page) {
        if (backed->backing->stored)
            *at = 1;
        else
            (void)*at;
    }
}

static inline int map_shared(const struct pk_region *region, int file, off_t offset)
{
    int flags = MAP_SHARED | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);
    size_t length = pk_region_length(region);

    if (mmap(region->base, length, WRITE, flags, file, offset) == MAP_FAILED)
        return pk_error(errno, "map what the region is backed by");
    madvise(region->base, length, MADV_NOHUGEPAGE);
    return 0;
}

static inline int map_backed(struct backed *backed, size_t pages, int file)
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

/* Map up to `most` regions. Close the file: the mappings keep it. */
static inline int set_up_backed(struct backed *backed, const struct backing *backing, size_t pages, size_t most,
                                int keyed, struct side from, struct side to)
{
    size_t count = pk_regions_in_batch(pages, most);
    struct pk_regions *regions = &backed->change.regions;
    int status = begin_change(&backed->change, keyed, from, to), file = -1;

    backed->backing = backing;
    backed->change.length = pages * pk_page_size();
    backed->change.fragile = !backing->stored;
    if (!status)
        status = pk_regions_fence(regions, count, pages, pk_page_size());
    if (!status && backing->file) {
        file = make_file(backing, count * backed->change.length);
        status = file < 0 ? file : 0;
    }
    if (!status)
        status = map_backed(backed, pages, file);
    if (file >= 0)
        close(file);
    return status;
}

/* Check in smaps where the pages come from, and whether they have been stored to. */
static inline int prove_backing(const struct pk_vma *vma, void *context)
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
static inline int prove_zero_page(const struct pk_region *region)
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
static inline int prove_backed_side(const struct change *change, struct side side)
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

static inline int verify_backed(void *state)
{
    const struct change *change = state;

    return verify_change(state, change->keyed ? run_pkey_mprotect : run_mprotect, prove_backed_side);
}
