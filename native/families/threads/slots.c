/* Making a slot of memory accessible, touching it and emptying it again, as a WebAssembly runtime does for each
 * instance, in every thread at once. What scales depends on how access is given: mmap and mprotect take the lock of
 * the whole address space, WRPKRU takes none. */
#define _GNU_SOURCE
#include <sys/prctl.h>

#include "parallel/thread_team.h"
#include "slots.h"

static int run_mmap(void *state, unsigned member, uint64_t loops)
{
    const struct pk_region *slot = slot_of(state, member);
    char *base = slot->base;
    size_t length = pk_region_length(slot), page = pk_page_size();
    long wrong = 0;

    PK_REPEAT(loops) {
        wrong |= map_at(base, length, DATA);
        touch(base, length, page);
        wrong |= unmap(base, length);
    }
    return wrong != 0;
}

static int run_mprotect(void *state, unsigned member, uint64_t loops)
{
    const struct pk_region *slot = slot_of(state, member);
    char *base = slot->base;
    size_t length = pk_region_length(slot), page = pk_page_size();
    long status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, DATA);
        touch(base, length, page);
        status |= drop(base, length);
        status |= pk_mprotect(base, length, PROT_NONE);
    }
    return (int)status;
}

static int run_accessible(void *state, unsigned member, uint64_t loops)
{
    const struct pk_region *slot = slot_of(state, member);
    char *base = slot->base;
    size_t length = pk_region_length(slot), page = pk_page_size();
    long status = 0;

    PK_REPEAT(loops) {
        touch(base, length, page);
        status |= drop(base, length);
    }
    return (int)status;
}

static int run_key(void *state, unsigned member, uint64_t loops)
{
    const struct thread_fixture *fixture = state;
    const struct pk_region *slot = &fixture->regions[member];
    char *base = slot->base;
    size_t length = pk_region_length(slot), page = pk_page_size();
    uint32_t open = fixture->key.open, closed = fixture->key.closed;
    long status = 0;

    PK_REPEAT(loops) {
        pk_wrpkru(open);
        touch(base, length, page);
        status |= drop(base, length);
        pk_wrpkru(closed);
    }
    return (int)status;
}

static int measure_mmap(void *state, uint64_t loops, struct pk_value *value)
{
    const struct thread_fixture *fixture = state;
    int status = measure_team(state, loops, value);

    for (unsigned i = 0; i < fixture->count; i++) {
        int held = hold(&fixture->regions[i]);
        status = status ? status : held;
    }
    return status;
}

static int prove_mapping(const struct pk_region *slot)
{
    int status = prove_empty(slot, PROT_NONE, 0);

    if (!status && map_at(slot->base, pk_region_length(slot), DATA))
        status = pk_disprove("mmap failed");
    if (!status)
        status = prove_empty(slot, DATA, 0);
    return status ? status : prove_stores(slot);
}

static int verify_mmap(void *state, unsigned member)
{
    const struct pk_region *slot = slot_of(state, member);
    int held, status = prove_mapping(slot);

    if (!status)
        status = prove_touches(state, member, run_mmap);
    if (!status)
        status = pk_prove_unmapped(PK_LOAD, slot->base);
    if (!status)
        status = pk_prove_unmapped(PK_LOAD, slot->base + pk_region_length(slot) - 1);
    held = hold(slot);
    return status ? status : held;
}

static int verify_mprotect(void *state, unsigned member)
{
    const struct pk_region *slot = slot_of(state, member);
    size_t length = pk_region_length(slot);
    int status = pk_prove_refused(PK_LOAD, slot->base, 0);

    if (!status && pk_mprotect(slot->base, length, DATA))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = prove_stores(slot);
    if ((drop(slot->base, length) || pk_mprotect(slot->base, length, PROT_NONE)) && !status)
        status = pk_disprove("emptying the slot failed");
    if (!status)
        status = prove_touches(state, member, run_mprotect);
    if (!status)
        status = prove_empty(slot, PROT_NONE, 0);
    return status ? status : pk_prove_refused(PK_LOAD, slot->base, 0);
}

static int verify_accessible(void *state, unsigned member)
{
    const struct pk_region *slot = slot_of(state, member);
    int status = prove_stores(slot);

    if (drop(slot->base, pk_region_length(slot)) && !status)
        status = pk_disprove("emptying the slot failed");
    if (!status)
        status = prove_touches(state, member, run_accessible);
    return status ? status : prove_empty(slot, DATA, 0);
}

/* The key denies access before and after, and allows it meanwhile. */
static int verify_key(void *state, unsigned member)
{
    const struct thread_fixture *fixture = state;
    const struct pk_region *slot = &fixture->regions[member];
    int pkey = fixture->key.number, status = pk_prove_refused(PK_LOAD, slot->base, pkey);

    pk_wrpkru(fixture->key.open);
    if (!status)
        status = prove_stores(slot);
    if (drop(slot->base, pk_region_length(slot)) && !status)
        status = pk_disprove("emptying the slot failed");
    pk_wrpkru(fixture->key.closed);
    if (!status)
        status = prove_touches(state, member, run_key);
    if (!status)
        status = prove_empty(slot, DATA, pkey);
    return status ? status : pk_prove_refused(PK_LOAD, slot->base, pkey);
}

static int join_mmap(void *state, unsigned member)
{
    return hold(slot_of(state, member));
}

static int join_mprotect(void *state, unsigned member)
{
    const struct pk_region *slot = slot_of(state, member);
    int status = pk_mprotect(slot->base, pk_region_length(slot), PROT_NONE);

    return status ? pk_error(-status, "mprotect") : 0;
}

static int join_key(void *state, unsigned member)
{
    const struct thread_fixture *fixture = state;
    const struct pk_region *slot = &fixture->regions[member];
    int status = pk_pkey_mprotect(slot->base, pk_region_length(slot), DATA, fixture->key.number);

    pk_wrpkru(fixture->key.closed);
    return status ? pk_error(-status, "pkey_mprotect") : 0;
}

static const struct pk_team_work by_mmap = {.join = join_mmap, .run = run_mmap, .verify = verify_mmap};
static const struct pk_team_work by_mprotect = {.join = join_mprotect, .run = run_mprotect, .verify = verify_mprotect};
static const struct pk_team_work accessible = {.run = run_accessible, .verify = verify_accessible};
static const struct pk_team_work by_key = {.join = join_key, .run = run_key, .verify = verify_key};

static int set_up(struct slots *slots, const int64_t *point, const struct pk_team_work *work)
{
    struct thread_fixture *fixture = &slots->fixture;
    int status = check_members(point[0]);

    if (!status)
        status = set_up_regions(fixture, (unsigned)point[0]);
    for (unsigned i = 0; i < point[0] && !status; i++)
        status = pk_region_reserve(&fixture->regions[i], (size_t)point[1]);
    return status ? status : pk_team_start(&fixture->team, (unsigned)point[0], PK_TEAM_THREADS, work, slots);
}

/* A slot that is mapped anew has no advice against huge pages, so the process must have none. */
static int setup_mmap(void *state, const int64_t *point)
{
    struct slots *slots = state;

    if (prctl(PR_GET_THP_DISABLE, 0, 0, 0, 0) == 0)
        slots->made_small = prctl(PR_SET_THP_DISABLE, 1, 0, 0, 0) == 0;
    return set_up(slots, point, &by_mmap);
}

static int setup_mprotect(void *state, const int64_t *point)
{
    return set_up(state, point, &by_mprotect);
}

static int setup_accessible(void *state, const int64_t *point)
{
    return set_up(state, point, &accessible);
}

static int setup_key(void *state, const int64_t *point)
{
    struct slots *slots = state;
    int status = pk_key_take(&slots->fixture.key, PKEY_DISABLE_ACCESS);

    return status ? status : set_up(slots, point, &by_key);
}

static void teardown_slots(void *state)
{
    const struct slots *slots = state;

    teardown(state);
    if (slots->made_small)
        prctl(PR_SET_THP_DISABLE, 0, 0, 0, 0);
}

#define SLOT(identifier, text, lower, key_needs, timed, sentence)               \
    PK_BENCHMARK(slot_##identifier) = {                                         \
        .family = "threads",                                                    \
        .name = text,                                                           \
        .group = "slot",                                                        \
        .floor = lower,                                                         \
        .needs = PK_NEEDS_THREADS | key_needs,                                  \
        .axes = {THREADS_AXIS("threads, each of which uses and reuses a slot"), \
                 {.name = "pages",                                              \
                  .meaning = "4 KiB pages of a slot, each of which is touched", \
                  .points = "1,16",                                             \
                  .quick = "16"}},                                              \
        .operation = sentence,                                                  \
        .state_size = sizeof(struct slots),                                     \
        .setup = setup_##identifier,                                            \
        .measure = timed,                                                       \
        .verify = verify_team,                                                  \
        .teardown = teardown_slots,                                             \
    };

SLOT(mmap, "slot-mmap", NULL, 0, measure_mmap,
     "map a slot in a fixed place by mmap, store a byte into each page, and unmap it, in every thread")
SLOT(accessible, "slot-accessible", NULL, 0, measure_team,
     "store a byte into each page of a slot that is always accessible, and drop the pages by madvise, in every thread")
SLOT(mprotect, "slot-mprotect", "threads/slot-accessible", 0, measure_team,
     "make a slot accessible by mprotect, store a byte into each page, drop the pages by madvise, and make the slot "
     "inaccessible by mprotect, in every thread")
SLOT(key, "slot-key", "threads/slot-accessible", PK_NEEDS_KEYS, measure_team,
     "open a slot's key by WRPKRU, store a byte into each page, drop the pages by madvise, and close the key, in every "
     "thread")
