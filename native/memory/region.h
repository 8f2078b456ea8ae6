/* Mapped memory: surrounded by guards, populated, and audited with /proc/self/smaps. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "memory/kind.h"

/* A sequence of resident pages in a VMA of its own. */
struct pk_region {
    char *base;
    size_t pages;      /* in units of 4 KiB, whatever the kind */
    size_t absent;     /* number of pages that are not resident */
    enum pk_kind kind; /* the kind of its pages */
};

/* Regions of equal size, so that an operation can be timed on many of them before their state is restored. A timed
 * loop walks them by stride: reading the list would cost a page-table walk after each flush of the whole TLB. */
struct pk_regions {
    struct pk_region *at;
    size_t count;
    size_t stride; /* bytes from the base of one region to the base of the next */
};

size_t pk_page_size(void);
size_t pk_region_length(const struct pk_region *region);

/* Map with key 0, readable and writable, with guards; touch no page. 0 or -errno. */
int pk_region_reserve(struct pk_region *region, size_t pages);
/* The same, and populate. 0, PK_SKIPPED or -errno. */
int pk_region_map(struct pk_region *region, size_t pages);
int pk_region_map_kind(struct pk_region *region, size_t pages, enum pk_kind kind);
/* Map and populate again in the same place. */
int pk_region_renew(const struct pk_region *region);
void pk_region_unmap(struct pk_region *region);

/* The number of regions in a batch: up to `most` small ones, or a single large one. */
size_t pk_regions_in_batch(size_t pages, size_t most);
/* Limit the size of batches from now on: where instructions are counted, a large batch only takes longer. */
void pk_regions_limit(size_t most);
/* Reserve guarded addresses for this many regions, aligned to `alignment`; map nothing in them. 0 or -errno;
 * pk_regions_unmap follows in each case. */
int pk_regions_fence(struct pk_regions *regions, size_t count, size_t pages, size_t alignment);
/* Map one of these regions with key 0, readable and writable, with additional mmap flags; touch no page. 0 or
 * -errno. */
int pk_region_lay(const struct pk_region *region, int flags);
/* Reserve, map and populate. */
int pk_regions_map(struct pk_regions *regions, size_t count, size_t pages);
int pk_regions_map_kind(struct pk_regions *regions, size_t count, size_t pages, enum pk_kind kind);
void pk_regions_unmap(struct pk_regions *regions);

/* Bytes that such a batch populates. */
uint64_t pk_regions_memory(size_t pages, size_t most);

/* Prove from smaps that each region is one VMA of exactly its size, made of its kind of pages, all of them resident
 * except the absent ones, with this protection and this key. 0, PK_DISPROVED or -errno. */
int pk_regions_audit(const struct pk_regions *regions, int prot, int pkey);
int pk_region_audit(const struct pk_region *region, int prot, int pkey);
