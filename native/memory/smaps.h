/* What the kernel says of this process's mappings, from /proc/self/smaps. */
#pragma once

#include <stdint.h>

/* One VMA; sizes are in KiB. */
struct pk_vma {
    uintptr_t start, end;
    char permissions[5];
    char path[64];     /* as much of it as fits; "" where there is none */
    uint64_t resident; /* without hugetlb pages, which the kernel counts apart, and the zero page, which it doesn't */
    uint64_t clean, dirty;   /* of these: the page, or its entry in the page table, is marked dirty or not */
    uint64_t anonymous_huge; /* of these: in transparent huge pages */
    uint64_t shared_huge;    /* the same, of a tmpfs, a memfd, or shared anonymous memory */
    uint64_t hugetlb;
    uint64_t page; /* the size of the VMA's pages */
    int pkey;      /* 0 also where smaps has no such line: the kernel prints it only with keys in use */
};

/* Call `visit` for each VMA that overlaps [from, to), in order, until it returns other than 0, and return that; 0 or
 * -errno. */
int pk_vmas_between(const void *from, const void *to, int (*visit)(const struct pk_vma *vma, void *context),
                    void *context);
