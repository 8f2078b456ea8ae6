#define _GNU_SOURCE
#include "memory/region.h"

#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/pkey.h"
#include "memory/smaps.h"
#include "reason.h"

#define BATCH_PAGES 4096

size_t pk_page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t pk_region_length(const struct pk_region *region)
{
    return region->pages * pk_page_size();
}

/* Unmap the addresses from `from` to `to`, except those from `kept` to `kept_end`. */
static void trim(char *from, char *to, char *kept, char *kept_end)
{
    if (from < kept)
        munmap(from, (size_t)(kept - from));
    if (kept_end < to)
        munmap(kept_end, (size_t)(to - kept_end));
}

static size_t round_up(size_t number, size_t multiple)
{
    return (number + multiple - 1) / multiple * multiple;
}

/* Reserve addresses at this stride, each with a guard before and after. Nothing is mapped in them yet. */
static int fence(struct pk_region *at, size_t count, size_t stride, size_t pages, size_t alignment)
{
    size_t page = pk_page_size(), whole = (pages + 2) * page, reserved = count * stride + alignment;
    char *start = mmap(NULL, reserved, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0), *from = start;

    if (start == MAP_FAILED)
        return pk_error(errno, "reserve addresses");
    for (size_t i = 0; i < count; i++) {
        char *base = (char *)round_up((uintptr_t)start + page, alignment) + i * stride;

        at[i].base = base;
        at[i].pages = pages;
        trim(from, i + 1 < count ? base - page + whole : start + reserved, base - page, base - page + whole);
        from = base - page + whole;
        /* A guard must never merge with its region. This flag keeps the two VMAs apart even if both are PROT_NONE. */
        if (madvise(base - page, whole, MADV_DONTDUMP)) {
            int error = errno;

            trim(from, start + reserved, start + reserved,
                 start + reserved); /* unmap what no region is known to hold */
            return pk_error(error, "mark the guards");
        }
    }
    return 0;
}

static int fence_one(struct pk_region *region, size_t pages, size_t alignment)
{
    return fence(region, 1, (pages + 2) * pk_page_size(), pages, alignment);
}

static int map(const struct pk_region *region, int flags)
{
    if (mmap(region->base, pk_region_length(region), PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED | flags, -1, 0) == MAP_FAILED)
        return pk_error(errno, "map the region");
    return 0;
}

int pk_region_lay(const struct pk_region *region, int flags)
{
    int status = map(region, flags);

    /* Fails only if the kernel has no huge pages, which is harmless. */
    if (!status)
        madvise(region->base, pk_region_length(region), MADV_NOHUGEPAGE);
    return status;
}

int pk_region_reserve(struct pk_region *region, size_t pages)
{
    int status = fence_one(region, pages, pk_page_size());

    return status ? status : pk_region_lay(region, 0);
}

int pk_region_map(struct pk_region *region, size_t pages)
{
    return pk_region_map_kind(region, pages, PK_4K);
}

int pk_region_map_kind(struct pk_region *region, size_t pages, enum pk_kind kind)
{
    int status = fence_one(region, pages, pk_kind_size(kind));

    region->kind = kind;
    return status ? status : pk_region_renew(region);
}

int pk_region_renew(const struct pk_region *region)
{
    int status = map(region, pk_kind_flags(region->kind));

    return status ? status : pk_kind_populate(region->kind, region->base, pk_region_length(region));
}

void pk_region_unmap(struct pk_region *region)
{
    if (region->base)
        munmap(region->base - pk_page_size(), (region->pages + 2) * pk_page_size());
    region->base = NULL;
}

static size_t batch_most = SIZE_MAX;

void pk_regions_limit(size_t most)
{
    batch_most = most;
}

size_t pk_regions_in_batch(size_t pages, size_t most)
{
    size_t fit = BATCH_PAGES / pages;

    most = most < batch_most ? most : batch_most;
    return fit > most ? most : fit ? fit : 1;
}

uint64_t pk_regions_memory(size_t pages, size_t most)
{
    return (uint64_t)pk_regions_in_batch(pages, most) * pages * pk_page_size();
}

int pk_regions_map(struct pk_regions *regions, size_t count, size_t pages)
{
    return pk_regions_map_kind(regions, count, pages, PK_4K);
}

int pk_regions_fence(struct pk_regions *regions, size_t count, size_t pages, size_t alignment)
{
    regions->at = calloc(count, sizeof *regions->at);
    if (!regions->at)
        return pk_error(ENOMEM, "allocate the list of regions");
    regions->count = count;
    regions->stride = round_up((pages + 2) * pk_page_size(), alignment);
    return fence(regions->at, count, regions->stride, pages, alignment);
}

int pk_regions_map_kind(struct pk_regions *regions, size_t count, size_t pages, enum pk_kind kind)
{
    int status = pk_regions_fence(regions, count, pages, pk_kind_size(kind));

    for (size_t i = 0; i < count && !status; i++) {
        regions->at[i].kind = kind;
        status = pk_region_renew(&regions->at[i]);
    }
    return status;
}

void pk_regions_unmap(struct pk_regions *regions)
{
    for (size_t i = 0; regions->at && i < regions->count; i++)
        pk_region_unmap(&regions->at[i]);
    free(regions->at);
    regions->at = NULL;
    regions->count = 0;
}

static const struct pk_region *find(const struct pk_regions *regions, const struct pk_vma *vma)
{
    for (size_t i = 0; i < regions->count; i++) {
        uintptr_t base = (uintptr_t)regions->at[i].base;
        if (vma->start <= base && base < vma->end)
            return &regions->at[i];
    }
    return NULL;
}

static int audit_pages(const struct pk_vma *vma, const struct pk_region *region)
{
    uint64_t length = pk_region_length(region) / 1024, absent = region->absent * pk_page_size() / 1024;
    uint64_t resident = vma->resident + vma->hugetlb, huge = vma->anonymous_huge + vma->shared_huge;
    uint64_t expected_huge = region->kind == PK_THP ? length : 0;
    uint64_t expected_page = pk_kind_size(pk_kind_flags(region->kind) ? region->kind : PK_4K) / 1024;

    if (resident != length - absent)
        return pk_disprove("%" PRIu64 " KiB of the region are resident instead of %" PRIu64, resident, length - absent);
    if (huge != expected_huge)
        return pk_disprove("%" PRIu64 " KiB of the region are transparent huge pages instead of %" PRIu64, huge,
                           expected_huge);
    if (vma->page != expected_page)
        return pk_disprove("the region's pages are of %" PRIu64 " KiB instead of %" PRIu64, vma->page, expected_page);
    return 0;
}

static int audit_vma(const struct pk_vma *vma, const struct pk_region *region, int prot, int pkey)
{
    uint64_t length = pk_region_length(region);
    char expected[4] = {prot & PROT_READ ? 'r' : '-', prot & PROT_WRITE ? 'w' : '-', prot & PROT_EXEC ? 'x' : '-', 0};

    if (vma->start != (uintptr_t)region->base || vma->end - vma->start != length)
        return pk_disprove("the region is not a VMA of its own: %" PRIu64 " KiB instead of %" PRIu64 " KiB",
                           (uint64_t)(vma->end - vma->start) / 1024, length / 1024);
    if (memcmp(vma->permissions, expected, 3) != 0)
        return pk_disprove("the region is %.3s instead of %s", vma->permissions, expected);
    if (vma->pkey != pkey)
        return pk_disprove("the region has key %d instead of %d", vma->pkey, pkey);
    return audit_pages(vma, region);
}

/* What every region must be like, and the number of regions seen. */
struct audit {
    const struct pk_regions *regions;
    int prot, pkey;
    size_t seen;
};

static int visit(const struct pk_vma *vma, void *context)
{
    struct audit *audit = context;
    const struct pk_region *region = find(audit->regions, vma);

    audit->seen += region != NULL;
    return region ? audit_vma(vma, region, audit->prot, audit->pkey) : 0;
}

int pk_regions_audit(const struct pk_regions *regions, int prot, int pkey)
{
    struct audit audit = {.regions = regions, .prot = prot, .pkey = pkey};
    const char *from = (const char *)UINTPTR_MAX, *to = NULL;
    int status;

    for (size_t i = 0; i < regions->count; i++) {
        const struct pk_region *region = &regions->at[i];
        from = region->base < from ? region->base : from;
        to = region->base + pk_region_length(region) > to ? region->base + pk_region_length(region) : to;
    }
    status = pk_vmas_between(from, to, visit, &audit);
    if (!status && audit.seen != regions->count)
        return pk_disprove("%zu of %zu regions are mapped", audit.seen, regions->count);
    return status;
}

int pk_region_audit(const struct pk_region *region, int prot, int pkey)
{
    struct pk_region copy = *region;
    struct pk_regions one = {.at = &copy, .count = 1};

    return pk_regions_audit(&one, prot, pkey);
}
