/* Mapped memory: fenced by guards, populated, audited against /proc/self/smaps. */
#pragma once

#include <stddef.h>
#include <stdint.h>

/* A run of resident 4 KiB pages in a VMA of its own. */
struct pk_region {
    char *base;
    size_t pages;
};

/* Equal regions, so that one operation can be timed on one after the other before the state must be put back. */
struct pk_regions {
    struct pk_region *at;
    size_t count;
};

size_t pk_page_size(void);
size_t pk_region_length(const struct pk_region *region);

/* Map, readable and writable, with key 0; fence; leave untouched. 0 or -errno. */
int pk_region_reserve(struct pk_region *region, size_t pages);
/* The same, and populate. 0, PK_SKIPPED or -errno. */
int pk_region_map(struct pk_region *region, size_t pages);
void pk_region_unmap(struct pk_region *region);

/* As many regions as one batch holds: up to `most` small ones, one large one. */
size_t pk_regions_in_batch(size_t pages, size_t most);
int pk_regions_map(struct pk_regions *regions, size_t count, size_t pages);
void pk_regions_unmap(struct pk_regions *regions);

/* Bytes that such a batch populates. */
uint64_t pk_regions_memory(size_t pages, size_t most);

/* Prove, from smaps, that each region is one VMA with exactly its bounds, all its pages resident as 4 KiB pages, with this
 * protection and this key. 0, PK_DISPROVED or -errno. */
int pk_regions_audit(const struct pk_regions *regions, int prot, int pkey);
int pk_region_audit(const struct pk_region *region, int prot, int pkey);
