/* Cache sizes from CPUID. They need no files, so they work in a guest without /sys. */
#pragma once

#include <stdint.h>

#include "cpu/pkey.h"

/* Intel's leaf, and AMD's leaf of the same layout (Intel SDM volume 2, CPUID; AMD APM volume 3, E.4.15). */
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

/* AMD's older leaves, which an emulator may still provide. Sizes are in KiB, and in units of 512 KiB for the third
 * level, which counts the whole socket (AMD APM volume 3, E.4.4 and E.4.5). */
static inline uint64_t find_cache_amd_before(uint32_t level)
{
    uint32_t first[4], others[4];

    pk_cpuid(0x80000005, 0, first);
    pk_cpuid(0x80000006, 0, others);
    return (uint64_t)(level == 1 ? first[2] >> 24 : level == 2 ? others[2] >> 16 : (others[3] >> 18) * 512) * 1024;
}

/* Size in bytes of this level's data cache; 0 if CPUID does not report it. */
static inline uint64_t cache_size(uint32_t level)
{
    uint64_t size = find_cache(CACHE_LEAF_INTEL, level);

    if (!size)
        size = find_cache(CACHE_LEAF_AMD, level);
    return size ? size : find_cache_amd_before(level);
}
