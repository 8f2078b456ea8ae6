/* Changing the protection or the key of resident pages, each direction on its own; the first touch after. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "pkey.h"
#include "region.h"
#include "trap.h"

/* Regions in a batch. The clocks are read once a batch: a change takes hundreds of nanoseconds, so that few regions make
 * their share small, and few VMAs keep the kernel's tree of them as it would be. A touch takes a few, and needs many. */
#define CHANGES 16
#define TOUCHES 64

#define NONE PROT_NONE
#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)

/* One side of a change. A key is named by its place: 0 is key 0, 1 and 2 are keys of our own. */
struct side {
    int prot;
    unsigned key;
};

struct change {
    struct pk_regions regions;
    size_t length;
    struct side from, to;
    int keys[3];
    int keyed; /* by pkey_mprotect */
};

static uint64_t memory_of_changes(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], CHANGES);
}

static uint64_t memory_of_touches(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], TOUCHES);
}

static int take_keys(struct change *change)
{
    for (int i = 1; i <= 2; i++) {
        /* A key that allowed everything would prove nothing. */
        change->keys[i] = pk_pkey_alloc(PKEY_DISABLE_WRITE);
        if (change->keys[i] < 0)
            return pk_error(-change->keys[i], "pkey_alloc");
    }
    return 0;
}

static int setup(void *state, const int64_t *point, size_t most, int keyed, struct side from, struct side to)
{
    struct change *change = state;
    size_t pages = (size_t)point[0];
    int status = 0;

    change->keyed = keyed;
    change->from = from;
    change->to = to;
    change->length = pages * pk_page_size();
    if (keyed)
        status = take_keys(change);
    return status ? status : pk_regions_map(&change->regions, pk_regions_in_batch(pages, most), pages);
}

static void teardown(void *state)
{
    struct change *change = state;

    pk_regions_unmap(&change->regions);
    for (int i = 1; i <= 2; i++)
        if (change->keys[i] > 0)
            pk_pkey_free(change->keys[i]);
}

static uint64_t batch(const void *state)
{
    const struct change *change = state;

    return change->regions.count;
}

static int put(const struct change *change, void *base, struct side side)
{
    if (change->keyed)
        return pk_pkey_mprotect(base, change->length, side.prot, change->keys[side.key]);
    return pk_mprotect(base, change->length, side.prot);
}

static int put_all(const struct change *change, struct side side)
{
    int status = 0;

    for (size_t i = 0; i < change->regions.count; i++)
        status |= put(change, change->regions.at[i].base, side);
    return status;
}

static int prepare(void *state)
{
    const struct change *change = state;

    return put_all(change, change->from);
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct change *change = state;
    const struct pk_region *region = change->regions.at;
    size_t length = change->length;
    int prot = change->to.prot, status = 0;

    PK_REPEAT(loops)
        status |= pk_mprotect((region++)->base, length, prot);
    return status;
}

static int run_pkey_mprotect(void *state, uint64_t loops)
{
    const struct change *change = state;
    const struct pk_region *region = change->regions.at;
    size_t length = change->length;
    int prot = change->to.prot, pkey = change->keys[change->to.key], status = 0;

    PK_REPEAT(loops)
        status |= pk_pkey_mprotect((region++)->base, length, prot, pkey);
    return status;
}

/* What this side allows and refuses, and for which reason, on one byte. */
static int prove_side_at(const struct change *change, char *at, struct side side)
{
    int pkey = change->keys[side.key], status;

    if (side.prot == NONE)
        return pk_prove_refused(PK_LOAD, at, 0);
    status = pk_prove_allowed(PK_LOAD, at);
    if (status)
        return status;
    if (side.prot == WRITE && !pkey)
        return pk_prove_allowed(PK_STORE, at);
    return pk_prove_refused(PK_STORE, at, pkey);
}

/* Each region is as this side says: its VMA, its pages, its first byte and its last. */
static int prove_side(const struct change *change, struct side side)
{
    int status = pk_regions_audit(&change->regions, side.prot, change->keys[side.key]);

    for (size_t i = 0; i < change->regions.count && !status; i++) {
        char *base = change->regions.at[i].base;
        status = prove_side_at(change, base, side);
        if (!status)
            status = prove_side_at(change, base + change->length - 1, side);
    }
    return status;
}

static int verify_change(void *state, int (*run)(void *, uint64_t))
{
    struct change *change = state;
    int status = prepare(state);

    if (status)
        return pk_disprove("the change back failed");
    status = prove_side(change, change->from);
    if (!status && run(state, change->regions.count))
        status = pk_disprove("the change failed");
    if (!status)
        status = prove_side(change, change->to);
    if (!status && change->from.prot == change->to.prot && change->keys[change->from.key] == change->keys[change->to.key])
        status = pk_disprove("the change changes nothing");
    return status;
}

static int verify_mprotect(void *state)
{
    return verify_change(state, run_mprotect);
}

static int verify_pkey_mprotect(void *state)
{
    return verify_change(state, run_pkey_mprotect);
}

#define CHANGE(identifier, text, shown, from_side, to_side, sentence)                                              \
    static int setup_##identifier(void *state, const int64_t *point)                                               \
    {                                                                                                              \
        return setup(state, point, CHANGES, 0, (struct side)from_side, (struct side)to_side);                      \
    }                                                                                                              \
    PK_BENCHMARK(identifier) = {                                                                                   \
        .family = "protect", .name = text, .axes = {PK_PAGES_AXIS("1,8,33,34,128,512")}, .headline = shown, .group = "protect",         \
        .floor = "syscall/getppid", .operation = sentence, .state_size = sizeof(struct change), .memory = memory_of_changes, \
        .setup = setup_##identifier, .batch = batch, .prepare = prepare, .run = run_mprotect,                      \
        .verify = verify_mprotect, .teardown = teardown,                                                           \
    };

#define KEY_CHANGE(identifier, text, shown, from_side, to_side, sentence)                                          \
    static int setup_##identifier(void *state, const int64_t *point)                                               \
    {                                                                                                              \
        return setup(state, point, CHANGES, 1, (struct side)from_side, (struct side)to_side);                      \
    }                                                                                                              \
    PK_BENCHMARK(identifier) = {                                                                                   \
        .family = "protect", .name = text, .axes = {PK_PAGES_AXIS("1,8,33,34,128,512")}, .headline = shown, .group = "protect",         \
        .floor = "syscall/getppid", .operation = sentence, .state_size = sizeof(struct change), .memory = memory_of_changes, \
        .needs = PK_NEEDS_KEYS, .setup = setup_##identifier, .batch = batch, .prepare = prepare,                   \
        .run = run_pkey_mprotect, .verify = verify_pkey_mprotect, .teardown = teardown,                            \
    };

#define SIDE(...) {__VA_ARGS__}

CHANGE(mprotect_rw_ro, "mprotect-rw-ro", 1, SIDE(WRITE, 0), SIDE(READ, 0),
       "mprotect of a resident region from readable and writable to read-only")
CHANGE(mprotect_ro_rw, "mprotect-ro-rw", 1, SIDE(READ, 0), SIDE(WRITE, 0),
       "mprotect of a resident region from read-only to readable and writable")
CHANGE(mprotect_rw_none, "mprotect-rw-none", 1, SIDE(WRITE, 0), SIDE(NONE, 0),
       "mprotect of a resident region from readable and writable to no access")
CHANGE(mprotect_none_rw, "mprotect-none-rw", 1, SIDE(NONE, 0), SIDE(WRITE, 0),
       "mprotect of a resident region from no access to readable and writable")
KEY_CHANGE(pkey_mprotect_0_k, "pkey-mprotect-0-k", 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
           "pkey_mprotect of a resident region from key 0 to another key, same protection")
KEY_CHANGE(pkey_mprotect_k_0, "pkey-mprotect-k-0", 0, SIDE(WRITE, 1), SIDE(WRITE, 0),
           "pkey_mprotect of a resident region from a key to key 0, same protection")
KEY_CHANGE(pkey_mprotect_j_k, "pkey-mprotect-j-k", 0, SIDE(WRITE, 2), SIDE(WRITE, 1),
           "pkey_mprotect of a resident region from one key to another, neither of them key 0, same protection")

/* The first touch after a change: one access a page, over the whole region. */

static int run_loads(void *state, uint64_t loops)
{
    const struct change *change = state;
    const struct pk_region *region = change->regions.at;
    size_t page = pk_page_size();

    PK_REPEAT(loops) {
        const volatile char *end = region->base + change->length;
        _Pragma("GCC unroll 1") for (const volatile char *at = region->base; at < end; at += page)
            (void)*at;
        region++;
    }
    return 0;
}

static int run_stores(void *state, uint64_t loops)
{
    const struct change *change = state;
    const struct pk_region *region = change->regions.at;
    size_t page = pk_page_size();

    PK_REPEAT(loops) {
        const char *end = region->base + change->length;
        _Pragma("GCC unroll 1") for (volatile char *at = region->base; at < end; at += page)
            *at = 1;
        region++;
    }
    return 0;
}

/* There and back and there: what is touched next has just been changed, and allows the touch. */
static int prepare_touch(void *state)
{
    struct change *change = state;
    int status = put_all(change, change->to);

    status |= put_all(change, change->from);
    return status | put_all(change, change->to);
}

static int prepare_touch_keyed(void *state)
{
    struct change *change = state;

    pk_set_rights(change->keys[1], 0);
    return prepare_touch(state);
}

static int prepare_steady(void *state)
{
    return run_stores(state, batch(state));
}

/* What is touched was changed: there, then back. */
static int verify_touch(void *state)
{
    struct change *change = state;
    int status;

    if (put_all(change, change->from))
        return pk_disprove("the change back failed");
    status = prove_side(change, change->from);
    if (!status && put_all(change, change->to))
        status = pk_disprove("the change failed");
    return status ? status : prove_side(change, change->to);
}

/* The proof needs the key to deny, the touch needs it to allow. */
static int verify_touch_keyed(void *state)
{
    struct change *change = state;
    int status;

    pk_set_rights(change->keys[1], PKEY_DISABLE_WRITE);
    status = verify_touch(state);
    if (status)
        return status;
    pk_set_rights(change->keys[1], 0);
    return pk_prove_allowed(PK_STORE, change->regions.at[0].base);
}

#define TOUCH(identifier, text, key_needs, is_keyed, from_side, to_side, preparation, timed, proof, sentence)      \
    static int setup_##identifier(void *state, const int64_t *point)                                               \
    {                                                                                                              \
        return setup(state, point, TOUCHES, is_keyed, (struct side)from_side, (struct side)to_side);               \
    }                                                                                                              \
    PK_BENCHMARK(identifier) = {                                                                                   \
        .family = "protect", .name = text, .axes = {PK_PAGES_AXIS("1,8,33,34,128,512")}, .group = "touch",                              \
        .operation = sentence, .state_size = sizeof(struct change), .memory = memory_of_touches, .needs = key_needs,          \
        .setup = setup_##identifier, .batch = batch, .prepare = preparation, .run = timed, .verify = proof,        \
        .teardown = teardown,                                                                                      \
    };

TOUCH(touch_steady, "touch-steady", 0, 0, SIDE(WRITE, 0), SIDE(WRITE, 0), prepare_steady, run_stores, verify_touch,
      "one store to each page of a region whose protection has not changed: what the other touches are compared with")
TOUCH(touch_after_rw_ro, "touch-after-mprotect-rw-ro", 0, 0, SIDE(WRITE, 0), SIDE(READ, 0), prepare_touch, run_loads,
      verify_touch, "the first load from each page after mprotect from readable and writable to read-only")
TOUCH(touch_after_ro_rw, "touch-after-mprotect-ro-rw", 0, 0, SIDE(READ, 0), SIDE(WRITE, 0), prepare_touch, run_stores,
      verify_touch, "the first store to each page after mprotect from read-only to readable and writable")
TOUCH(touch_after_none_rw, "touch-after-mprotect-none-rw", 0, 0, SIDE(NONE, 0), SIDE(WRITE, 0), prepare_touch, run_stores,
      verify_touch, "the first store to each page after mprotect from no access to readable and writable")
TOUCH(touch_after_0_k, "touch-after-pkey-mprotect-0-k", PK_NEEDS_KEYS, 1, SIDE(WRITE, 0), SIDE(WRITE, 1),
      prepare_touch_keyed, run_stores, verify_touch_keyed,
      "the first store to each page after pkey_mprotect from key 0 to another key that allows it")
