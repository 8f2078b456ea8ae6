/* Reads what the kernel reports about this process's mappings in /proc/self/smaps. */
#pragma once

#include <stdint.h>

/* One VMA; sizes are in KiB. */
struct pk_vma {
    uintptr_t start, end;
    char permissions[5];
    char path[64];     /* truncated; "" if there is none */
    uint64_t resident; /* excludes hugetlb pages, which the kernel counts separately, and the zero page, which it does
                          not count */
    uint64_t clean, dirty;   /* of the resident ones: the page, or its page-table entry, is marked dirty or not */
    uint64_t anonymous_huge; /* of the resident ones: in transparent huge pages */
    uint64_t shared_huge;    /* the same for a tmpfs, a memfd, or shared anonymous memory */
    uint64_t hugetlb;
    uint64_t page; /* size of the VMA's pages */
    int pkey;      /* 0 also if smaps has no such line: the kernel prints it only with keys in use */
};

/* Call `visit` for each VMA that overlaps [from, to), in order, until it returns something other than 0. Returns
 * that; 0 or -errno. */
int pk_vmas_between(const void *from, const void *to, int (*visit)(const struct pk_vma *vma, void *context),
                    void *context);
