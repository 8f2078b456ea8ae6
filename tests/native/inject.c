#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"

#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif

int forget_page(const struct pk_region *region)
{
    size_t page = pk_page_size();

    return madvise(region->base + (region->pages - 1) * page, page, MADV_DONTNEED) ? -errno : 0;
}

int gather_pages(const struct pk_region *region)
{
    size_t length = pk_region_length(region);

    pk_mprotect(region->base, length, PROT_READ | PROT_WRITE);
    if (madvise(region->base, length, MADV_HUGEPAGE) || madvise(region->base, length, MADV_COLLAPSE))
        return pk_skip("the kernel collapses no huge pages here: %s", strerror(errno));
    return 0;
}

/* The kernel merges mappings with the same history. So write to the page while it is writable, unless that needs the
 * key. */
int merge_guard(const struct pk_region *region, int prot, int pkey)
{
    char *guard = region->base + pk_region_length(region);
    size_t page = pk_page_size();

    if (mmap(guard, page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED ||
        madvise(guard, page, MADV_NOHUGEPAGE))
        return -errno;
    if (pkey)
        return pk_pkey_mprotect(guard, page, prot, pkey);
    *guard = 1;
    return pk_mprotect(guard, page, prot);
}

int tag_differently(const struct pk_region *region)
{
    int pkey = pk_pkey_alloc(0);

    return pkey < 0 ? pkey : pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE, pkey);
}
