/* How large the caches are, as CPUID tells: without files, so that a guest without any knows too. */
#pragma once

#include <stdint.h>

#include "pkey.h"

/* Intel's leaf, and AMD's of the same make (Intel SDM volume 2, CPUID; AMD APM volume 3, E.4.15). */
#define CACHE_LEAF_INTEL 4
#define CACHE_LEAF_AMD 0x8000001d
#define CACHES_MOST 16

static inline uint64_t find_cache(uint32_t leaf, uint32_t level)
{
    enum { NONE, DATA, INSTRUCTIONS, UNIFIED };

    for (uint32_t i = 0; i < CACHES_MOST; i++) {
        uint32_t out[4], kind;

        pk_cpuid(leaf, i, out);
        kind = out[0] & 0x1f;
        if (kind == NONE)
            break;
        if (kind != INSTRUCTIONS && (out[0] >> 5 & 7) == level)
            return ((uint64_t)(out[1] >> 22) + 1) * ((out[1] >> 12 & 0x3ff) + 1) * ((out[1] & 0xfff) + 1) *
                   ((uint64_t)out[2] + 1);
    }
    return 0;
}

/* Bytes of the cache of this level that holds data; 0 where CPUID doesn't tell. */
static inline uint64_t cache_size(uint32_t level)
{
    uint64_t size = find_cache(CACHE_LEAF_INTEL, level);

    return size ? size : find_cache(CACHE_LEAF_AMD, level);
}
