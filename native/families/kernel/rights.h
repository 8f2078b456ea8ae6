/* A buffer that the kernel copies to or from, with or without a key. */
#pragma once

#include <string.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

enum { RIGHTS_ALLOWED, RIGHTS_WRITE_DENIED, RIGHTS_ACCESS_DENIED }; /* in the order of the labels */

#define RIGHTS_LABELS "allowed,write-denied,access-denied"

/* Without a key, domain.key.number is 0. */
struct buffer {
    struct pk_domain domain;
    uint32_t rights; /* in force while the case is timed */
};

static inline size_t buffer_pages(size_t bytes)
{
    return (bytes + pk_page_size() - 1) / pk_page_size();
}

/* The key denies something at first, so that `allowed` is a change as well. */
static inline int buffer_map(struct buffer *buffer, size_t bytes, int64_t label)
{
    static const uint32_t rights[] = {0, PKEY_DISABLE_WRITE, PKEY_DISABLE_ACCESS};
    int status =
        pk_domain_map(&buffer->domain, buffer_pages(bytes), rights[label] ? rights[label] : PKEY_DISABLE_ACCESS);

    buffer->rights = rights[label];
    if (!status)
        pk_set_rights(buffer->domain.key.number, buffer->rights);
    return status;
}

static inline void buffer_open(const struct buffer *buffer)
{
    if (buffer->domain.key.number)
        pk_wrpkru(buffer->domain.key.open);
}

static inline void buffer_close(const struct buffer *buffer)
{
    if (buffer->domain.key.number)
        pk_set_rights(buffer->domain.key.number, buffer->rights);
}

/* All pages are resident and have the key, which gives this thread exactly the intended rights. */
static inline int buffer_prove(const struct buffer *buffer)
{
    const struct pk_region *region = &buffer->domain.region;
    int key = buffer->domain.key.number;
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, key);

    if (!status)
        status = buffer->rights & PKEY_DISABLE_ACCESS ? pk_prove_refused(PK_LOAD, region->base, key)
                                                      : pk_prove_allowed(PK_LOAD, region->base);
    if (!status)
        status =
            buffer->rights ? pk_prove_refused(PK_STORE, region->base, key) : pk_prove_allowed(PK_STORE, region->base);
    return status;
}

/* From the first byte to the last. */
static inline void buffer_fill(const struct buffer *buffer, size_t bytes, char value)
{
    buffer_open(buffer);
    memset(buffer->domain.region.base, value, bytes);
    buffer_close(buffer);
}

static inline int buffer_prove_holds(const struct buffer *buffer, size_t bytes, char value)
{
    const char *base = buffer->domain.region.base;
    size_t same = 0;

    buffer_open(buffer);
    while (same < bytes && base[same] == value)
        same++;
    buffer_close(buffer);
    return same == bytes ? 0 : pk_disprove("byte %zu of the buffer has a wrong value", same);
}
