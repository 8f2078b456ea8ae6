/* Regions whose protection or key changes from one side to another. Each direction is a case of its own. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

/* Regions in a batch. The clocks are read around each batch. Their overhead, and what is cold after so many system
 * calls, was 1 to 2 % of a change with 16 regions, and is a quarter of that with 64 (tests/benchmarks/bias.py, on a
 * Zen core without PCIDs). */
#define CHANGES 64

/* Points around the flush ceiling, and around what one page-table page maps. */
#define QUICK_PAGES "1,8,33,34,128,512"

#define NONE PROT_NONE
#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)

/* One side of a change. Keys are numbered: 0 is key 0, 1 and 2 are keys of our own. */
struct side {
    int prot;
    unsigned key;
};

struct change {
    struct pk_regions regions;
    size_t length;
    struct side from, to;
    struct pk_key keys[3];
    int keyed;   /* set by pkey_mprotect */
    int fragile; /* a store would change the backing, so the proof must not store */
};

/* An initializer of a side, for use in a macro's argument. */
#define SIDE(...)   \
    {               \
        __VA_ARGS__ \
    }

/* As many keys as the two sides have. */
static inline int take_keys(struct change *change)
{
    int status = 0;

    for (unsigned i = 1; i <= 2 && !status; i++)
        if (change->from.key >= i || change->to.key >= i)
            status = pk_key_take(&change->keys[i], PKEY_DISABLE_WRITE);
    return status;
}

/* Set up everything except the regions. */
static inline int begin_change(struct change *change, int keyed, struct side from, struct side to)
{
    change->keyed = keyed;
    change->from = from;
    change->to = to;
    return keyed ? take_keys(change) : 0;
}

static inline int setup_change(struct change *change, size_t pages, size_t most, int keyed, struct side from,
                               struct side to)
{
    int status = begin_change(change, keyed, from, to);

    change->length = pages * pk_page_size();
    return status ? status : pk_regions_map(&change->regions, pk_regions_in_batch(pages, most), pages);
}

static inline void teardown_change(void *state)
{
    struct change *change = state;

    pk_regions_unmap(&change->regions);
    for (int i = 2; i >= 1; i--)
        pk_key_give_back(&change->keys[i]);
}

static inline uint64_t batch(const void *state)
{
    const struct change *change = state;

    return change->regions.count;
}

static inline int put(const struct change *change, void *base, struct side side)
{
    if (change->keyed)
        return pk_pkey_mprotect(base, change->length, side.prot, change->keys[side.key].number);
    return pk_mprotect(base, change->length, side.prot);
}

static inline int put_all(const struct change *change, struct side side)
{
    int status = 0;

    for (size_t i = 0; i < change->regions.count; i++)
        status |= put(change, change->regions.at[i].base, side);
    return status;
}

static inline int prepare(void *state)
{
    const struct change *change = state;

    return put_all(change, change->from);
}

static inline int run_mprotect(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *base = change->regions.at->base;
    size_t length = change->length, stride = change->regions.stride;
    int prot = change->to.prot, status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, prot);
        base += stride;
    }
    return status;
}

static inline int run_pkey_mprotect(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *base = change->regions.at->base;
    size_t length = change->length, stride = change->regions.stride;
    int prot = change->to.prot, pkey = change->keys[change->to.key].number, status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, prot, pkey);
        base += stride;
    }
    return status;
}

/* Prove for one byte what this side allows and refuses, and for which reason. */
static inline int prove_side_at(const struct change *change, char *at, struct side side)
{
    int pkey = change->keys[side.key].number, status;

    if (side.prot == NONE)
        return pk_prove_refused(PK_LOAD, at, 0);
    status = pk_prove_allowed(PK_LOAD, at);
    if (status)
        return status;
    if (side.prot == WRITE && !pkey)
        return change->fragile ? 0 : pk_prove_allowed(PK_STORE, at);
    return pk_prove_refused(PK_STORE, at, pkey);
}

/* Prove for each region that its VMA, its pages, its first and its last byte match this side. */
static inline int prove_side(const struct change *change, struct side side)
{
    int status = pk_regions_audit(&change->regions, side.prot, change->keys[side.key].number);

    for (size_t i = 0; i < change->regions.count && !status; i++) {
        char *base = change->regions.at[i].base;
        status = prove_side_at(change, base, side);
        if (!status)
            status = prove_side_at(change, base + change->length - 1, side);
    }
    return status;
}

/* Make the change from one side to the other, and prove both sides. */
static inline int verify_change(void *state, int (*run)(void *, uint64_t),
                                int (*prove)(const struct change *, struct side))
{
    struct change *change = state;
    int status = prepare(state);

    if (status)
        return pk_disprove("the change back failed");
    status = prove(change, change->from);
    if (!status && run(state, change->regions.count))
        status = pk_disprove("the change failed");
    if (!status)
        status = prove(change, change->to);
    if (!status && change->from.prot == change->to.prot &&
        change->keys[change->from.key].number == change->keys[change->to.key].number)
        status = pk_disprove("the change changes nothing");
    return status;
}

static inline int verify_mprotect(void *state)
{
    return verify_change(state, run_mprotect, prove_side);
}

static inline int verify_pkey_mprotect(void *state)
{
    return verify_change(state, run_pkey_mprotect, prove_side);
}
