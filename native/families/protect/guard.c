/* Denying every access to resident pages without mprotect: by guard markers in the page table, or by a new mapping in
 * the same place. Both drop the pages, which mprotect keeps. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>

#include "change.h"

#ifndef MADV_GUARD_INSTALL
#define MADV_GUARD_INSTALL 102 /* Linux 6.13 */
#define MADV_GUARD_REMOVE 103
#endif

struct guarded {
    struct pk_regions regions;
    size_t length; /* of each region, in bytes */
};

static uint64_t memory(const int64_t *point)
{
    return pk_regions_memory((size_t)point[0], CHANGES);
}

/* The kernel checks the advice before it finds that there is nothing to do. */
static int support(const int64_t *point)
{
    long status = pk_syscall4(SYS_madvise, 0, 0, MADV_GUARD_INSTALL, 0);

    (void)point;
    if (status == -EINVAL)
        return pk_skip("the kernel has no MADV_GUARD_INSTALL: it needs Linux 6.13");
    return status ? pk_skip("madvise is refused here: %s", strerror((int)-status)) : 0;
}

static int setup(void *state, const int64_t *point)
{
    struct guarded *guarded = state;
    size_t pages = (size_t)point[0];

    guarded->length = pages * pk_page_size();
    return pk_regions_map(&guarded->regions, pk_regions_in_batch(pages, CHANGES), pages);
}

static void teardown(void *state)
{
    struct guarded *guarded = state;

    pk_regions_unmap(&guarded->regions);
}

static uint64_t batch_of_regions(const void *state)
{
    const struct guarded *guarded = state;

    return guarded->regions.count;
}

static int advise_all(const struct guarded *guarded, int advice)
{
    long status = 0;

    for (size_t i = 0; i < guarded->regions.count; i++)
        status |= pk_syscall4(SYS_madvise, (long)guarded->regions.at[i].base, (long)guarded->length, advice, 0);
    return (int)status;
}

static int prepare_install(void *state)
{
    const struct guarded *guarded = state;
    int status = advise_all(guarded, MADV_GUARD_REMOVE);

    for (size_t i = 0; i < guarded->regions.count && !status; i++)
        status = pk_kind_populate(PK_4K, guarded->regions.at[i].base, guarded->length);
    return status;
}

static int prepare_remove(void *state)
{
    return advise_all(state, MADV_GUARD_INSTALL);
}

static int prepare_map(void *state)
{
    const struct guarded *guarded = state;
    int status = 0;

    for (size_t i = 0; i < guarded->regions.count && !status; i++)
        status = pk_region_renew(&guarded->regions.at[i]);
    return status;
}

__attribute__((always_inline)) static inline int advise(const struct guarded *guarded, uint64_t loops, int advice)
{
    char *base = guarded->regions.at->base;
    size_t length = guarded->length, stride = guarded->regions.stride;
    long status = 0;

    PK_REPEAT(loops) {
        status |= pk_syscall4(SYS_madvise, (long)base, (long)length, advice, 0);
        base += stride;
    }
    return (int)status;
}

static int run_install(void *state, uint64_t loops)
{
    return advise(state, loops, MADV_GUARD_INSTALL);
}

static int run_remove(void *state, uint64_t loops)
{
    return advise(state, loops, MADV_GUARD_REMOVE);
}

static int run_map(void *state, uint64_t loops)
{
    const struct guarded *guarded = state;
    char *base = guarded->regions.at->base;
    size_t length = guarded->length, stride = guarded->regions.stride;
    long flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, wrong = 0;

    PK_REPEAT(loops) {
        wrong |= pk_syscall6(SYS_mmap, (long)base, (long)length, NONE, flags, -1, 0) ^ (long)base;
        base += stride;
    }
    return wrong != 0;
}

/* Prove from smaps what each region is, and whether its pages are resident. */
static int audit(const struct guarded *guarded, int prot, bool resident)
{
    for (size_t i = 0; i < guarded->regions.count; i++)
        guarded->regions.at[i].absent = resident ? 0 : guarded->regions.at[i].pages;
    return pk_regions_audit(&guarded->regions, prot, 0);
}

/* Prove for the first and the last byte of each region how an access ends. */
static int prove_ends(const struct guarded *guarded, int (*prove)(volatile char *at))
{
    int status = 0;

    for (size_t i = 0; i < guarded->regions.count && !status; i++) {
        char *base = guarded->regions.at[i].base;

        status = prove(base);
        if (!status)
            status = prove(base + guarded->length - 1);
    }
    return status;
}

/* No file shows on all of these kernels where the markers are. So have the kernel store a number into every page. */
static int prove_pages(const struct guarded *guarded, long expected)
{
    size_t page = pk_page_size();

    for (size_t i = 0; i < guarded->regions.count; i++)
        for (size_t at = 0; at < guarded->length; at += page)
            if (pk_syscall4(SYS_getcpu, (long)(guarded->regions.at[i].base + at), 0, 0, 0) != expected)
                return pk_disprove("page %zu of the region is %s", at / page,
                                   expected ? "accessible" : "not accessible");
    return 0;
}

static int prove_store(volatile char *at)
{
    return pk_prove_allowed(PK_STORE, at);
}

static int prove_marker(volatile char *at)
{
    return pk_prove_unmapped(PK_LOAD, at);
}

static int prove_no_access(volatile char *at)
{
    return pk_prove_refused(PK_LOAD, at, 0);
}

static int prove_resident(const struct guarded *guarded)
{
    int status = audit(guarded, WRITE, true);

    return status ? status : prove_ends(guarded, prove_store);
}

/* The mapping is still readable and writable: only the markers deny access. */
static int prove_markers(const struct guarded *guarded)
{
    int status = audit(guarded, WRITE, false);

    if (!status)
        status = prove_ends(guarded, prove_marker);
    return status ? status : prove_pages(guarded, -EFAULT);
}

/* Look for resident pages first: the other proofs make them. */
static int prove_no_markers(const struct guarded *guarded)
{
    int status = audit(guarded, WRITE, false);

    if (!status)
        status = prove_ends(guarded, prove_store);
    return status ? status : prove_pages(guarded, 0);
}

static int prove_none(const struct guarded *guarded)
{
    int status = audit(guarded, NONE, false);

    return status ? status : prove_ends(guarded, prove_no_access);
}

static int verify(void *state, int (*prepare)(void *), int (*from)(const struct guarded *),
                  int (*run)(void *, uint64_t), int (*to)(const struct guarded *))
{
    const struct guarded *guarded = state;
    int status = prepare(state);

    if (status)
        return status == PK_SKIPPED ? status : pk_disprove("the change back failed");
    status = from(guarded);
    if (!status && run(state, guarded->regions.count))
        status = pk_disprove("the change failed");
    return status ? status : to(guarded);
}

static int verify_install(void *state)
{
    return verify(state, prepare_install, prove_resident, run_install, prove_markers);
}

static int verify_remove(void *state)
{
    return verify(state, prepare_remove, prove_markers, run_remove, prove_no_markers);
}

static int verify_map(void *state)
{
    return verify(state, prepare_map, prove_resident, run_map, prove_none);
}

#define GUARD(identifier, text, supported, way, sentence) \
    PK_BENCHMARK(identifier) = {                          \
        .family = "protect",                              \
        .name = text,                                     \
        .axes = {PK_PAGES_AXIS(QUICK_PAGES)},             \
        .group = "protect",                               \
        .floor = "syscall/mprotect-length-0",             \
        .operation = sentence,                            \
        .state_size = sizeof(struct guarded),             \
        .memory = memory,                                 \
        .support = supported,                             \
        .setup = setup,                                   \
        .batch = batch_of_regions,                        \
        .prepare = prepare_##way,                         \
        .run = run_##way,                                 \
        .verify = verify_##way,                           \
        .teardown = teardown,                             \
    };

GUARD(guard_install, "guard-install", support, install,
      "madvise(MADV_GUARD_INSTALL) of a resident region, which drops its pages and puts a marker in place of each")
GUARD(guard_remove, "guard-remove", support, remove,
      "madvise(MADV_GUARD_REMOVE) of a region of guard markers, which leaves it accessible and without resident pages")
GUARD(mmap_none, "mmap-none", NULL, map,
      "mmap of no access in the place of a resident region, which drops its pages and its mapping")
