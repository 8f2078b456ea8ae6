/* A slot of memory for each thread: the parts of an operation on it, and what proves that they happened. */
#pragma once

#include <stdbool.h>
#include <sys/resource.h>

#include "benchmark.h"
#include "memory/trap.h"
#include "thread_fixture.h"

#define DATA (PROT_READ | PROT_WRITE)

struct slots {
    struct thread_fixture fixture; /* a region for each thread: its slot */
    bool made_small;               /* whether the process has no transparent huge pages because of this case */
};

static inline const struct pk_region *slot_of(const void *state, unsigned member)
{
    return &((const struct slots *)state)->fixture.regions[member];
}

static inline void touch(volatile char *base, size_t length, size_t page)
{
    _Pragma("GCC unroll 1") for (size_t at = 0; at < length; at += page) base[at] = 1;
}

static inline long drop(char *base, size_t length)
{
    return pk_syscall4(SYS_madvise, (long)base, (long)length, MADV_DONTNEED, 0);
}

/* 0 if the slot was mapped in this place. */
static inline long map_at(char *base, size_t length, int prot)
{
    return pk_syscall6(SYS_mmap, (long)base, (long)length, prot, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) ^
           (long)base;
}

static inline long unmap(char *base, size_t length)
{
    return pk_syscall4(SYS_munmap, (long)base, (long)length, 0, 0);
}

/* Outside of an operation, keep the slot's place by a mapping: nobody else may get it. */
static inline int hold(const struct pk_region *slot)
{
    return map_at(slot->base, pk_region_length(slot), PROT_NONE) ? pk_error(EINVAL, "keep the place of a slot") : 0;
}

/* No page is resident, and this is the slot's protection and key. */
static inline int prove_empty(const struct pk_region *slot, int prot, int pkey)
{
    struct pk_region empty = *slot;

    empty.absent = slot->pages;
    return pk_region_audit(&empty, prot, pkey);
}

/* Whether the first and the last byte of the slot can be stored to. */
static inline int prove_stores(const struct pk_region *slot)
{
    int status = pk_prove_allowed(PK_STORE, slot->base);

    return status ? status : pk_prove_allowed(PK_STORE, slot->base + pk_region_length(slot) - 1);
}

/* The operation takes a page fault for each page that it touches: none was resident. */
static inline int prove_touches(void *state, unsigned member, int (*run)(void *state, unsigned member, uint64_t loops))
{
    const struct pk_region *slot = slot_of(state, member);
    struct rusage before, after;
    int status;

    getrusage(RUSAGE_THREAD, &before);
    status = run(state, member, 1);
    getrusage(RUSAGE_THREAD, &after);
    if (status)
        return pk_disprove("the operation failed");
    if (after.ru_minflt - before.ru_minflt < (long)slot->pages)
        return pk_disprove("touching %zu pages took %ld faults", slot->pages, after.ru_minflt - before.ru_minflt);
    return 0;
}
