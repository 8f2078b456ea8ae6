/* The kinds of page that memory can consist of. */
#pragma once

#include <stddef.h>

enum pk_kind { PK_4K, PK_THP, PK_HUGETLB_2M, PK_HUGETLB_1G, PK_MTHP_64K };

/* An axis of these kinds, in the same order. */
#define PK_KIND_AXIS(quick_points)                                                                                     \
    {                                                                                                                  \
        .name = "kind",                                                                                                \
        .meaning = "pages of the region: 4 KiB pages, transparent huge pages of 2 MiB, reserved huge pages (hugetlb) " \
                   "of 2 MiB or 1 GiB, transparent huge pages of 64 KiB",                                              \
        .labels = PK_KINDS, .points = PK_KINDS, .quick = quick_points                                                  \
    }
#define PK_KINDS "4k,thp,hugetlb-2m,hugetlb-1g,mthp-64k"

/* Size of one page in bytes. */
size_t pk_kind_size(enum pk_kind kind);

/* Additional flags of mmap for private anonymous memory of this kind. */
int pk_kind_flags(enum pk_kind kind);

/* Whether this machine can provide this many regions of `length` bytes of this kind: 0 or PK_SKIPPED. */
int pk_kind_support(enum pk_kind kind, size_t length, size_t regions);

/* Populate a mapping with pages of this kind, and keep them so. The mapping is aligned to such pages. 0, PK_SKIPPED
 * or -errno. */
int pk_kind_populate(enum pk_kind kind, char *base, size_t length);
