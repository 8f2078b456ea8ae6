/* The log of written pages, and the proof that it names exactly those. */
#pragma once

#include <stdlib.h>

#include "benchmark.h"
#include "frame.h"
#include "memory/domain.h"
#include "memory/trap.h"
#include "userfaultfd.h"

struct track {
    struct pk_domain domain; /* it has a key only if the key does the tracking */
    struct handler handler;
    struct written *log; /* ranges written since the tracking was armed, in the order of faults or addresses */
    size_t logged;
    bool lost; /* a store faulted again, or the log is full */
    size_t page;
    size_t stride; /* distance between stores, in pages */
    int uffd;      /* file descriptors; 0 if not open */
    int pagemap;
};

/* The benchmark that the handlers belong to. */
static struct track *volatile current;

static inline uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

/* Note what a store has written, unless the address is not ours. The log has one entry for each page: a store that
 * faults again and again must not go on forever. */
static const struct written *note(int signal, const siginfo_t *info, void *context, bool whole)
{
    struct track *track = current;
    uint64_t base = (uintptr_t)track->domain.region.base, end = base + track->domain.region.pages * track->page;
    uint64_t address = (uintptr_t)info->si_addr, page = address & ~(track->page - 1);
    struct written *written = &track->log[track->logged];

    if (address < base || address >= end) {
        handler_give_up(signal);
        return NULL;
    }
    if (track->logged == track->domain.region.pages) {
        track->lost = true;
        frame_step_over_store(context);
        return NULL;
    }
    *written = whole ? (struct written){.start = base, .end = end}
                     : (struct written){.start = page, .end = page + track->page};
    track->logged++;
    return written;
}

/* Prove that the log names exactly the pages that should have been written, and that they were. A key covers only the
 * whole region. */
static inline int prove_noted(const struct track *track, size_t stride)
{
    const struct pk_region *region = &track->domain.region;
    const struct written *noted = track->log, *end = noted + track->logged;

    for (size_t i = 0; i < region->pages; i++) {
        char *page = region->base + i * track->page;
        uint64_t address = (uintptr_t)page;
        bool expected = i % stride == 0;
        int status = pk_prove_allowed(PK_LOAD, page);

        if (status)
            return status;
        while (noted < end && noted->end <= address)
            noted++;
        if ((noted < end && noted->start <= address) != (expected || track->domain.key.number))
            return pk_disprove("page %zu is %s", i, expected ? "not noted as written" : "noted as written");
        if (*(volatile char *)page != expected)
            return pk_disprove("the store into page %zu was %s", i, expected ? "not made" : "made");
    }
    return 0;
}

static inline void clear_bytes(const struct track *track)
{
    for (size_t i = 0; i < track->domain.region.pages; i++)
        *(volatile char *)(track->domain.region.base + i * track->page) = 0;
}

static inline int prove_run(struct track *track, int (*run)(void *, uint64_t), size_t stride)
{
    int status = run(track, 1) ? pk_disprove(track->lost ? "a store faults again" : "no store was noticed") : 0;

    return status ? status : prove_noted(track, stride);
}

/* First store into every page. Then into every second page, which shows that the others are armed again. Then into
 * every page once more, so that the region is open at the end. */
static inline int prove(struct track *track, int (*run)(void *, uint64_t))
{
    int status = pk_region_audit(&track->domain.region, PROT_READ | PROT_WRITE, track->domain.key.number);
    size_t stride = track->stride;

    if (!status)
        status = prove_run(track, run, 1);
    if (status)
        return status;
    clear_bytes(track);
    track->stride = 2;
    status = prove_run(track, run, 2);
    track->stride = stride;
    return status ? status : prove_run(track, run, 1);
}
