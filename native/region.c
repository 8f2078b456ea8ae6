#define _GNU_SOURCE
#include "region.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "pkey.h"

#define BATCH_PAGES 4096

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif

size_t pk_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t pk_region_length(const struct pk_region *region)
{
    return region->pages * pk_page_size();
}

static void populate(char *base, size_t pages, size_t page)
{
    if (madvise(base, pages * page, MADV_POPULATE_WRITE) == 0)
        return;
    for (size_t i = 0; i < pages; i++)
        ((volatile char *)base)[i * page] = 1;
}

int pk_region_reserve(struct pk_region *region, size_t pages)
{
    size_t page = pk_page_size(), whole = (pages + 2) * page;
    char *fence = mmap(NULL, whole, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (fence == MAP_FAILED)
        return pk_error(errno, "reserve addresses");
    region->base = fence + page;
    region->pages = pages;
    /* A guard must never merge with the region, whatever its protection: this flag keeps the two VMAs apart even where
     * both are PROT_NONE. */
    if (madvise(fence, whole, MADV_DONTDUMP))
        return pk_error(errno, "mark the guards");
    if (mmap(region->base, pages * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ==
        MAP_FAILED)
        return pk_error(errno, "map the region");
    /* Fails only where the kernel has no huge pages, and then there is nothing to keep away. */
    madvise(region->base, pages * page, MADV_NOHUGEPAGE);
    return 0;
}

int pk_region_map(struct pk_region *region, size_t pages)
{
    int status = pk_region_reserve(region, pages);

    if (!status)
        populate(region->base, pages, pk_page_size());
    return status;
}

void pk_region_unmap(struct pk_region *region)
{
    if (region->base)
        munmap(region->base - pk_page_size(), (region->pages + 2) * pk_page_size());
    region->base = NULL;
}

size_t pk_regions_in_batch(size_t pages, size_t most)
{
    size_t fit = BATCH_PAGES / pages;

    return fit > most ? most : fit ? fit : 1;
}

uint64_t pk_regions_memory(size_t pages, size_t most)
{
    return (uint64_t)pk_regions_in_batch(pages, most) * pages * pk_page_size();
}

int pk_regions_map(struct pk_regions *regions, size_t count, size_t pages)
{
    regions->at = calloc(count, sizeof *regions->at);
    if (!regions->at)
        return pk_error(ENOMEM, "allocate the list of regions");
    regions->count = count;
    for (size_t i = 0; i < count; i++) {
        int status = pk_region_map(&regions->at[i], pages);
        if (status)
            return status;
    }
    return 0;
}

void pk_regions_unmap(struct pk_regions *regions)
{
    for (size_t i = 0; regions->at && i < regions->count; i++)
        pk_region_unmap(&regions->at[i]);
    free(regions->at);
    regions->at = NULL;
    regions->count = 0;
}

/* What smaps says of one VMA. */
struct vma {
    uintptr_t start, end;
    char permissions[5];
    uint64_t resident_kib, huge_kib;
    int pkey; /* -1 where smaps has no such line: the kernel prints it only with keys in use */
};

static const struct pk_region *find(const struct pk_regions *regions, const struct vma *vma)
{
    for (size_t i = 0; i < regions->count; i++) {
        uintptr_t base = (uintptr_t)regions->at[i].base;
        if (vma->start <= base && base < vma->end)
            return &regions->at[i];
    }
    return NULL;
}

static int audit_vma(const struct vma *vma, const struct pk_region *region, int prot, int pkey)
{
    uint64_t length = pk_region_length(region);
    char expected[4] = {prot & PROT_READ ? 'r' : '-', prot & PROT_WRITE ? 'w' : '-', prot & PROT_EXEC ? 'x' : '-', 0};

    if (vma->start != (uintptr_t)region->base || vma->end - vma->start != length)
        return pk_disprove("the region is not a VMA of its own: %" PRIu64 " KiB instead of %" PRIu64 " KiB",
                           (uint64_t)(vma->end - vma->start) / 1024, length / 1024);
    if (memcmp(vma->permissions, expected, 3) != 0)
        return pk_disprove("the region is %.3s instead of %s", vma->permissions, expected);
    if (vma->resident_kib * 1024 != length)
        return pk_disprove("%" PRIu64 " KiB of the region are resident instead of %" PRIu64, vma->resident_kib,
                           length / 1024);
    if (vma->huge_kib)
        return pk_disprove("%" PRIu64 " KiB of the region are huge pages instead of 4 KiB pages", vma->huge_kib);
    if (pkey != (vma->pkey < 0 ? 0 : vma->pkey))
        return pk_disprove("the region has key %d instead of %d", vma->pkey, pkey);
    return 0;
}

int pk_regions_audit(const struct pk_regions *regions, int prot, int pkey)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    struct vma vma = {0};
    const struct pk_region *region = NULL;
    size_t seen = 0, size = 0;
    char *line = NULL;
    int status = 0;
    bool more = true;

    if (!smaps)
        return pk_error(errno, "/proc/self/smaps");
    while (more && !status) {
        struct vma next = {.pkey = -1};
        more = getline(&line, &size, smaps) > 0;
        /* A header line begins the next VMA: judge the one before it. */
        if (!more || sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &next.start, &next.end, next.permissions) == 3) {
            if (region) {
                status = audit_vma(&vma, region, prot, pkey);
                seen++;
            }
            vma = next;
            region = more ? find(regions, &vma) : NULL;
        } else if (region) {
            sscanf(line, "Rss: %" SCNu64, &vma.resident_kib);
            sscanf(line, "AnonHugePages: %" SCNu64, &vma.huge_kib);
            sscanf(line, "ProtectionKey: %d", &vma.pkey);
        }
    }
    free(line);
    fclose(smaps);
    if (!status && seen != regions->count)
        return pk_disprove("%zu of %zu regions are mapped", seen, regions->count);
    return status;
}

int pk_region_audit(const struct pk_region *region, int prot, int pkey)
{
    struct pk_region copy = *region;
    struct pk_regions one = {.at = &copy, .count = 1};

    return pk_regions_audit(&one, prot, pkey);
}
