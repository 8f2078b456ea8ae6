#include "fake_calls.h"
#include "wrong.h"

/* Whether these calls report success and do nothing. */
static struct {
    bool mmap, munmap, madvise;
} lazy;

static inline long lazy_syscall4(long number, long a, long b, long c, long d)
{
    if ((number == SYS_munmap && lazy.munmap) || (number == SYS_madvise && lazy.madvise))
        return 0;
    return pk_syscall4(number, a, b, c, d);
}

static inline long lazy_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    return lazy.mmap ? a : pk_syscall6(number, a, b, c, d, e, f);
}
#define pk_syscall4 lazy_syscall4
#define pk_syscall6 lazy_syscall6

#include "families/threads/slots.c"

static int map_nothing(void *state)
{
    (void)state;
    lazy.mmap = true;
    return 0;
}

static int unmap_nothing(void *state)
{
    (void)state;
    lazy.munmap = true;
    return 0;
}

static int drop_nothing(void *state)
{
    (void)state;
    lazy.madvise = true;
    return 0;
}

static int map_accessible(void *state)
{
    return map_at(slot_of(state, 0)->base, pk_region_length(slot_of(state, 0)), DATA) != 0;
}

static int make_accessible(void *state)
{
    return pk_mprotect(slot_of(state, 0)->base, pk_region_length(slot_of(state, 0)), DATA);
}

static int close_nothing(void *state)
{
    struct slots *slots = state;

    slots->fixture.key.closed = slots->fixture.key.open;
    pk_wrpkru(slots->fixture.key.open);
    return 0;
}

static int open_nothing(void *state)
{
    struct slots *slots = state;

    slots->fixture.key.open = slots->fixture.key.closed;
    return 0;
}

static int tag_with_another_key(void *state)
{
    return tag_differently(slot_of(state, 0));
}

static int do_nothing(void *state, unsigned member, uint64_t loops)
{
    (void)state;
    (void)member;
    (void)loops;
    return 0;
}

static int prove_nothing_touched(void *state)
{
    return prove_touches(state, 0, do_nothing);
}

WRONG_CASES = {
    {"nothing is mapped", "threads/slot-mmap/*", "the region is ---", map_nothing},
    {"nothing is unmapped", "threads/slot-mmap/*", "a load that must fault was allowed", unmap_nothing},
    {"the slot was mapped before", "threads/slot-mmap/*", "the region is rw-", map_accessible},
    {"no page is dropped", "threads/slot-accessible/*", "touching", drop_nothing},
    {"no page is dropped", "threads/slot-mprotect/*", "touching", drop_nothing},
    {"no page is dropped", "threads/slot-key/*", "touching", drop_nothing},
    {"no page is touched", "threads/slot-*", "touching", NULL, prove_nothing_touched},
    {"mprotect does nothing", "threads/slot-mprotect/*", "must be allowed faulted", make_mprotect_idle},
    {"the slot was accessible before", "threads/slot-mprotect/*", "must fault was allowed", make_accessible},
    {"the key denies nothing", "threads/slot-key/*", "must fault was allowed", close_nothing},
    {"the key is not opened", "threads/slot-key/*", "must be allowed faulted", open_nothing},
    {"the slot has another key", "threads/slot-key/*", "must fault was allowed", tag_with_another_key},
    {0},
};
