/* The life of a slot in a pool of WebAssembly memories: it grows, is reset for the next instance, or is mapped again.
 * The slot has a key, or has none, which is the fixed overhead (floor). */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "slot.h"

#define DATA (PROT_READ | PROT_WRITE)

/* Growing: the upper half of the reserved memory becomes accessible, and is made inaccessible for the next instance. */

static int set_up_grow(struct slot *slot, const int64_t *point, bool keyed)
{
    struct pk_region *region = &slot->domain.region;
    int status = pk_region_reserve(region, 2 * pages_at(point));

    slot->length = memory(point);
    slot->base = region->base + slot->length;
    if (!status && keyed)
        status = pk_key_take(&slot->domain.key, PKEY_DISABLE_ACCESS);
    if (!status && keyed)
        status = pk_pkey_mprotect(region->base, pk_region_length(region), DATA, slot->domain.key.number);
    if (!status)
        status = pk_mprotect(slot->base, slot->length, PROT_NONE);
    return status < 0 ? pk_error(-status, "prepare a slot") : status;
}

static int setup_grow(void *state, const int64_t *point)
{
    return set_up_grow(state, point, false);
}

static int setup_grow_key(void *state, const int64_t *point)
{
    return set_up_grow(state, point, true);
}

static int run_grow(void *state, uint64_t loops)
{
    const struct slot *slot = state;
    char *base = slot->base;
    size_t length = slot->length;
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, DATA);
        status |= pk_mprotect(base, length, PROT_NONE);
    }
    return status;
}

/* Prove each half, first and last byte. Then drop the pages that the proof touched. */
static int verify_grow(void *state)
{
    const struct slot *slot = state;
    char *last = slot->base + slot->length - 1;
    int status = prove_out_of_reach(slot, slot->base);

    if (!status && pk_mprotect(slot->base, slot->length, DATA))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = prove_reach(slot, slot->base);
    if (!status)
        status = prove_reach(slot, last);
    if (pk_mprotect(slot->base, slot->length, PROT_NONE) && !status)
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_prove_runs(run_grow, state);
    if (!status)
        status = prove_out_of_reach(slot, slot->base);
    if (!status)
        status = prove_out_of_reach(slot, last);
    if (madvise(slot->base, slot->length, MADV_DONTNEED) && !status)
        status = pk_error(errno, "forget the pages");
    return status ? status : prove_reach(slot, slot->base - 1);
}

/* Resetting: the pages are dropped, and the next instance touches all of them. */

static int setup_reset(void *state, const int64_t *point)
{
    struct slot *slot = state;
    int status = pk_region_map(&slot->domain.region, pages_at(point));

    slot->base = slot->domain.region.base;
    slot->length = memory(point);
    return status;
}

static int setup_reset_key(void *state, const int64_t *point)
{
    struct slot *slot = state;
    int status = pk_domain_map(&slot->domain, pages_at(point), PKEY_DISABLE_ACCESS);

    slot->base = slot->domain.region.base;
    slot->length = memory(point);
    return status;
}

__attribute__((always_inline)) static inline int reset(const struct slot *slot, uint64_t loops, bool keyed)
{
    char *base = slot->base;
    size_t length = slot->length, page = pk_page_size();
    uint32_t open = slot->domain.key.open, closed = slot->domain.key.closed;
    long status = 0;

    PK_REPEAT(loops) {
        status |= pk_syscall4(SYS_madvise, (long)base, (long)length, MADV_DONTNEED, 0);
        if (keyed)
            pk_wrpkru(open);
        for (size_t i = 0; i < length; i += page)
            *(volatile char *)(base + i) = 1;
        if (keyed)
            pk_wrpkru(closed);
    }
    return (int)status;
}

static int run_reset(void *state, uint64_t loops)
{
    return reset(state, loops, false);
}

static int run_reset_key(void *state, uint64_t loops)
{
    return reset(state, loops, true);
}

/* The pages are fresh: the bytes next to those touched are 0 again. */
static int prove_reset(const struct slot *slot)
{
    size_t length = pk_region_length(&slot->domain.region), page = pk_page_size();
    int status = 0;

    enter_or_leave(slot, true);
    for (size_t i = 0; i < length && !status; i += page)
        if (slot->base[i] != 1 || slot->base[i + 1] != 0)
            status = pk_disprove("page %zu of the slot was not reset and touched", i / page);
    enter_or_leave(slot, false);
    return status;
}

static int prove_whole_reset(struct slot *slot, int (*run)(void *state, uint64_t loops))
{
    int pkey = slot->domain.key.number, status = pk_region_audit(&slot->domain.region, DATA, pkey);

    if (!status)
        status = prove_reach(slot, slot->base);
    if (status)
        return status;
    enter_or_leave(slot, true);
    memset(slot->base, 2, pk_region_length(&slot->domain.region));
    enter_or_leave(slot, false);
    status = pk_prove_runs(run, slot);
    if (!status)
        status = prove_reset(slot);
    if (!status)
        status = pk_region_audit(&slot->domain.region, DATA, pkey);
    return status ? status : prove_reach(slot, slot->base);
}

static int verify_reset(void *state)
{
    return prove_whole_reset(state, run_reset);
}

static int verify_reset_key(void *state)
{
    return prove_whole_reset(state, run_reset_key);
}

/* Mapping again: a new mapping replaces the old one, and has key 0. */

static int run_remap(void *state, uint64_t loops)
{
    const struct slot *slot = state;
    char *base = slot->base;
    size_t length = slot->length;
    int status = 0;

    PK_REPEAT(loops)
        status |= mmap(base, length, DATA, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != base;
    return status;
}

static int run_remap_key(void *state, uint64_t loops)
{
    const struct slot *slot = state;
    char *base = slot->base;
    size_t length = slot->length;
    int key = slot->domain.key.number, status = 0;

    PK_REPEAT(loops) {
        status |= mmap(base, length, DATA, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) != base;
        status |= pk_pkey_mprotect(base, length, DATA, key);
    }
    return status;
}

/* The old contents are gone, and the key is in place. Then map once more, so that no page is resident when the case
 * is timed. */
static int prove_remap(struct slot *slot, int (*run)(void *state, uint64_t loops))
{
    char *last = slot->base + slot->length - 1;
    int status = prove_reach(slot, last);

    if (!status)
        status = pk_prove_runs(run, slot);
    if (status)
        return status;
    enter_or_leave(slot, true);
    if (*(volatile char *)last)
        status = pk_disprove("the slot was not mapped again");
    enter_or_leave(slot, false);
    if (!status)
        status = prove_reach(slot, slot->base);
    if (!status)
        status = prove_reach(slot, last);
    return status ? status : pk_prove_runs(run, slot);
}

static int verify_remap(void *state)
{
    return prove_remap(state, run_remap);
}

static int verify_remap_key(void *state)
{
    return prove_remap(state, run_remap_key);
}

#define SLOT(identifier, text, together, set_up, timed, proof, key_needs, lower, sentence) \
    PK_BENCHMARK(identifier) = {                                                           \
        .family = "application",                                                           \
        .name = text,                                                                      \
        .group = together,                                                                 \
        .floor = lower,                                                                    \
        .needs = key_needs,                                                                \
        .axes = {{.name = "pages",                                                         \
                  .meaning = "4 KiB pages of the slot that change",                        \
                  .points = "16,256",                                                      \
                  .quick = "16",                                                           \
                  .more = "4096"}},                                                        \
        .operation = sentence,                                                             \
        .state_size = sizeof(struct slot),                                                 \
        .memory = memory,                                                                  \
        .setup = set_up,                                                                   \
        .run = timed,                                                                      \
        .verify = proof,                                                                   \
        .teardown = teardown,                                                              \
    };

SLOT(grow, "wasm-grow-unprotected", "wasm-grow", setup_grow, run_grow, verify_grow, 0, "instruction/empty-loop",
     "grow a slot without a key by mprotect, then shrink it by mprotect for the next instance; no page is resident")
SLOT(grow_key, "wasm-grow-key", "wasm-grow", setup_grow_key, run_grow, verify_grow, PK_NEEDS_KEYS,
     "application/wasm-grow-unprotected",
     "grow a slot with a key by mprotect, then shrink it by mprotect for the next instance; no page is resident")
SLOT(reset, "wasm-reset-unprotected", "wasm-reset", setup_reset, run_reset, verify_reset, 0, "instruction/empty-loop",
     "drop a slot's pages by madvise, then touch each of them again")
SLOT(reset_key, "wasm-reset-key", "wasm-reset", setup_reset_key, run_reset_key, verify_reset_key, PK_NEEDS_KEYS,
     "application/wasm-reset-unprotected",
     "drop the pages of a slot with a key by madvise, then touch each of them again between WRPKRU into the sandbox "
     "and WRPKRU out")
SLOT(remap, "wasm-remap-unprotected", "wasm-remap", setup_reset, run_remap, verify_remap, 0, "instruction/empty-loop",
     "map a slot again by mmap in the same place; no page is resident")
SLOT(remap_key, "wasm-remap-key", "wasm-remap", setup_reset_key, run_remap_key, verify_remap_key, PK_NEEDS_KEYS,
     "application/wasm-remap-unprotected",
     "map a slot again by mmap in the same place, and give it its key by pkey_mprotect; no page is resident")
