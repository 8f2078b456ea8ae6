/* Mapped memory: fenced by guards, populated, audited against /proc/self/smaps. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "memory/kind.h"

/* A run of resident pages in a VMA of its own. */
struct pk_region {
    char *base;
    size_t pages;      /* of 4 KiB, whatever it is made of */
    size_t absent;     /* so many of them are not resident */
    enum pk_kind kind; /* what it is made of */
};

/* Equal regions, so that one operation can be timed on one after the other before the state must be put back. A timed
 * loop walks them by their distance: reading the list would cost a walk of the page tables after each flush of the
 * whole TLB. */
struct pk_regions {
    struct pk_region *at;
    size_t count;
    size_t stride; /* bytes from one's base to the next one's */
};

size_t pk_page_size(void);
size_t pk_region_length(const struct pk_region *region);

/* Map, readable and writable, with key 0; fence; leave untouched. 0 or -errno. */
int pk_region_reserve(struct pk_region *region, size_t pages);
/* The same as pk_region_reserve, and populate. 0, PK_SKIPPED or -errno. */
int pk_region_map(struct pk_region *region, size_t pages);
int pk_region_map_kind(struct pk_region *region, size_t pages, enum pk_kind kind);
/* Map and populate anew, in the same place. */
int pk_region_renew(const struct pk_region *region);
void pk_region_unmap(struct pk_region *region);

/* As many regions as one batch holds: up to `most` small ones, one large one. */
size_t pk_regions_in_batch(size_t pages, size_t most);
/* From now on it is no more than this: where no clock is read, a large batch only takes longer. */
void pk_regions_limit(size_t most);
/* Fence addresses for so many regions, aligned to `alignment`; map nothing in them. 0 or -errno; pk_regions_unmap
 * follows in each case. */
int pk_regions_fence(struct pk_regions *regions, size_t count, size_t pages, size_t alignment);
/* Map one of these, readable and writable, with key 0 and these flags of mmap besides; leave untouched. 0 or -errno. */
int pk_region_lay(const struct pk_region *region, int flags);
/* Fence, map and populate. */
int pk_regions_map(struct pk_regions *regions, size_t count, size_t pages);
int pk_regions_map_kind(struct pk_regions *regions, size_t count, size_t pages, enum pk_kind kind);
void pk_regions_unmap(struct pk_regions *regions);

/* Bytes that such a batch populates. */
uint64_t pk_regions_memory(size_t pages, size_t most);

/* Prove, from smaps, that each region is one VMA with exactly its bounds, made of its kind of pages, all of them
 * resident but the absent ones, with this protection and this key. 0, PK_DISPROVED or -errno. */
int pk_regions_audit(const struct pk_regions *regions, int prot, int pkey);
int pk_region_audit(const struct pk_region *region, int prot, int pkey);
