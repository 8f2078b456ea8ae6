/* The first access to each page of a region after a change, and the second. The second touch follows the same changes,
 * in the same order, over the same pages: it has all that the first one has except the change.
 *
 * Each access is to the cache line after the one of the page before. At one offset in every page, all lines would
 * share a set of the first-level cache, and misses there would hide what the change costs. */
#pragma once

#include "change.h"

/* Regions in a batch. A touch takes a few nanoseconds, so many are needed to keep the overhead of the clocks small. But
 * the pages of a batch must fit the second-level TLB and their lines a first-level cache of 32 KiB, or the second touch
 * would miss what the first one misses. */
#define TOUCHES 64
#define TOUCH_PAGES 512
#define LINE 64

static inline size_t most_touches(size_t pages)
{
    size_t fit = TOUCH_PAGES / pages;

    return fit > TOUCHES ? TOUCHES : fit ? fit : 1;
}

static inline int run_loads(void *state, uint64_t loops)
{
    const struct change *change = state;
    const char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride, offset = 0;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (const char *at = base; at < end; at += page)
        {
            (void)*(const volatile char *)(at + offset);
            offset = (offset + LINE) & (page - 1);
        }
        base += stride;
    }
    return 0;
}

static inline int run_stores(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *base = change->regions.at->base;
    size_t page = pk_page_size(), length = change->length, stride = change->regions.stride, offset = 0;

    PK_REPEAT(loops) {
        const char *end = base + length;
        _Pragma("GCC unroll 1") for (char *at = base; at < end; at += page)
        {
            *(volatile char *)(at + offset) = 1;
            offset = (offset + LINE) & (page - 1);
        }
        base += stride;
    }
    return 0;
}

/* Change there, back, and there again: the pages touched next have just changed, and allow the access. */
static inline int prepare_touch(void *state)
{
    struct change *change = state;
    int status = put_all(change, change->to);

    status |= put_all(change, change->from);
    return status | put_all(change, change->to);
}

/* For the second touch, make the first one here, untimed. */
static inline int prepare_second_load(void *state)
{
    int status = prepare_touch(state);

    return status | run_loads(state, batch(state));
}

static inline int prepare_second_store(void *state)
{
    int status = prepare_touch(state);

    return status | run_stores(state, batch(state));
}

/* Prove the change in both directions. */
static inline int verify_changes(const struct change *change, int (*prove)(const struct change *, struct side))
{
    int status;

    if (put_all(change, change->from))
        return pk_disprove("the change back failed");
    status = prove(change, change->from);
    if (!status && put_all(change, change->to))
        status = pk_disprove("the change failed");
    return status ? status : prove(change, change->to);
}
