#define _GNU_SOURCE
#include "memory/kind.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "cpu/pkey.h"
#include "reason.h"

#define KIB 1024ul
#define LONGEST_PATH 128

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23 /* Linux 5.14 */
#endif
#ifndef MADV_COLLAPSE
#define MADV_COLLAPSE 25 /* Linux 6.1 */
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT 26
#endif

#define TRANSPARENT "/sys/kernel/mm/transparent_hugepage"
#define RESERVED "/sys/kernel/mm/hugepages/hugepages-%zukB/%s"

size_t pk_kind_size(enum pk_kind kind)
{
    switch (kind) {
    case PK_MTHP_64K:
        return 64 * KIB;
    case PK_THP:
    case PK_HUGETLB_2M:
        return 2048 * KIB;
    case PK_HUGETLB_1G:
        return 1024 * 1024 * KIB;
    default:
        return (size_t)sysconf(_SC_PAGESIZE);
    }
}

static const char *size_in_words(enum pk_kind kind)
{
    static const char *const words[] = {"4 KiB", "2 MiB", "2 MiB", "1 GiB", "64 KiB"};

    return words[kind];
}

int pk_kind_flags(enum pk_kind kind)
{
    if (kind == PK_HUGETLB_2M)
        return MAP_HUGETLB | 21 << MAP_HUGE_SHIFT;
    if (kind == PK_HUGETLB_1G)
        return MAP_HUGETLB | 30 << MAP_HUGE_SHIFT;
    return 0;
}

/* Read a setting's single line; false if there is no such file. */
static bool read_setting(const char *path, char *line, int size)
{
    FILE *file = fopen(path, "re");
    bool read = file && fgets(line, size, file);

    if (file)
        fclose(file);
    return read;
}

/* Linux 6.8 gave each size its own setting, which may inherit the general one. */
static int transparent_support(enum pk_kind kind)
{
    char path[LONGEST_PATH], setting[128];
    bool own;

    snprintf(path, sizeof path, TRANSPARENT "/hugepages-%zukB/enabled", pk_kind_size(kind) / KIB);
    own = read_setting(path, setting, sizeof setting);
    if (!own && kind == PK_MTHP_64K)
        return pk_skip("the kernel has no transparent huge pages of 64 KiB: they need Linux 6.8");
    if (!own || strstr(setting, "[inherit]")) {
        if (!read_setting(TRANSPARENT "/enabled", setting, sizeof setting))
            return pk_skip("the kernel has no transparent huge pages");
        if (!own)
            snprintf(path, sizeof path, TRANSPARENT "/enabled");
    }
    if (strstr(setting, "[never]"))
        return pk_skip("transparent huge pages of %s are turned off: echo madvise > %s", size_in_words(kind), path);
    return 0;
}

static bool read_reserved(enum pk_kind kind, const char *name, size_t *pages)
{
    char path[LONGEST_PATH], line[32];

    snprintf(path, sizeof path, RESERVED, pk_kind_size(kind) / KIB, name);
    return read_setting(path, line, sizeof line) && sscanf(line, "%zu", pages) == 1;
}

static int reserved_support(enum pk_kind kind, size_t needed)
{
    size_t all, unused, promised;

    if (!read_reserved(kind, "nr_hugepages", &all) || !read_reserved(kind, "free_hugepages", &unused) ||
        !read_reserved(kind, "resv_hugepages", &promised))
        return pk_skip("the kernel or the CPU has no reserved huge pages of %s", size_in_words(kind));
    unused -= promised;
    if (unused >= needed)
        return 0;
    return pk_skip("%zu huge pages of %s are needed, and %zu are reserved and unused: echo %zu >" RESERVED, needed,
                   size_in_words(kind), unused, all + needed - unused, pk_kind_size(kind) / KIB, "nr_hugepages");
}

int pk_kind_support(enum pk_kind kind, size_t length, size_t regions)
{
    size_t size = pk_kind_size(kind);

    if (pk_kind_size(PK_4K) != 4 * KIB && kind != PK_4K)
        return pk_skip("this machine's smallest pages are not 4 KiB, so its huge pages have other sizes");
    if (length % size)
        return pk_skip("a region of %zu MiB cannot be made of pages of %s", length / KIB / KIB, size_in_words(kind));
    if (kind == PK_THP || kind == PK_MTHP_64K)
        return transparent_support(kind);
    return kind == PK_4K ? 0 : reserved_support(kind, length / size * regions);
}

static void touch(char *base, size_t length)
{
    size_t page = pk_kind_size(PK_4K);

    if (madvise(base, length, MADV_POPULATE_WRITE) == 0)
        return;
    for (size_t at = 0; at < length; at += page)
        ((volatile char *)base)[at] = 1;
}

/* The audit shows whether the result is huge pages: a kernel before 6.1 cannot be forced to make them. */
static int populate_huge(char *base, size_t length)
{
    if (madvise(base, length, MADV_HUGEPAGE))
        return pk_error(errno, "ask for transparent huge pages");
    touch(base, length);
    if (madvise(base, length, MADV_COLLAPSE) && errno != EINVAL)
        return pk_skip("the kernel found no free memory for transparent huge pages: %s", strerror(errno));
    return 0;
}

/* Populate one 64 KiB page at a time. The accessible mapping ends with the page, so the kernel cannot use a larger
 * one. One touch makes all 4 KiB parts resident, which proves that it used no smaller one. */
static int populate_medium(char *base, size_t length)
{
    size_t size = pk_kind_size(PK_MTHP_64K), page = pk_kind_size(PK_4K);
    unsigned char resident[16];

    if (madvise(base, length, MADV_HUGEPAGE) || pk_mprotect(base, length, PROT_NONE))
        return pk_error(errno, "ask for transparent huge pages");
    for (char *at = base; at < base + length; at += size) {
        int status = pk_mprotect(at, size, PROT_READ | PROT_WRITE);

        if (status)
            return pk_error(-status, "make a page of 64 KiB accessible");
        *(volatile char *)at = 1;
        if (mincore(at, size, resident))
            return pk_error(errno, "look for resident pages");
        for (size_t i = 0; i < size / page; i++)
            if (!(resident[i] & 1))
                return pk_skip("the kernel used smaller pages instead of 64 KiB: no free memory of that size");
    }
    return 0;
}

int pk_kind_populate(enum pk_kind kind, char *base, size_t length)
{
    int status = 0;

    if (kind == PK_THP)
        status = populate_huge(base, length);
    else if (kind == PK_MTHP_64K)
        status = populate_medium(base, length);
    /* Keep the pages as they are: the kernel must not merge them into huge pages later. This fails only if the kernel
     * has no transparent huge pages. */
    if (!pk_kind_flags(kind))
        madvise(base, length, MADV_NOHUGEPAGE);
    if (kind != PK_THP && kind != PK_MTHP_64K)
        touch(base, length);
    return status;
}
