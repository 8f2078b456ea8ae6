#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/guard.c"

static int do_nothing(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    return 0;
}

static int only_drop(void *state, uint64_t loops)
{
    (void)loops;
    return advise_all(state, MADV_DONTNEED);
}

/* All pages but the middle one of the first region. */
static int advise_around(const struct guarded *guarded, int advice)
{
    const struct pk_region *region = &guarded->regions.at[0];
    size_t page = pk_page_size(), before = region->pages / 2 * page;
    char *after = region->base + before + page;
    int status = 0;

    for (size_t i = 1; i < guarded->regions.count; i++)
        status |= madvise(guarded->regions.at[i].base, guarded->length, advice);
    status |= madvise(region->base, before, advice);
    return status | madvise(after, guarded->length - before - page, advice);
}

static int leave_a_page_out(void *state, uint64_t loops)
{
    int status = run_install(state, loops);

    return status |
           madvise(((struct guarded *)state)->regions.at[0].base + pk_page_size(), pk_page_size(), MADV_GUARD_REMOVE);
}

static int leave_a_marker(void *state, uint64_t loops)
{
    (void)loops;
    return advise_around(state, MADV_GUARD_REMOVE);
}

static int only_protect(void *state, uint64_t loops)
{
    const struct guarded *guarded = state;
    int status = 0;

    (void)loops;
    for (size_t i = 0; i < guarded->regions.count; i++)
        status |= pk_mprotect(guarded->regions.at[i].base, guarded->length, NONE);
    return status;
}

static int install_nothing(void *state)
{
    return verify(state, prepare_install, prove_resident, do_nothing, prove_markers);
}

static int drop_instead(void *state)
{
    return verify(state, prepare_install, prove_resident, only_drop, prove_markers);
}

static int install_less(void *state)
{
    return verify(state, prepare_install, prove_resident, leave_a_page_out, prove_markers);
}

static int protect_instead(void *state)
{
    return verify(state, prepare_install, prove_resident, only_protect, prove_markers);
}

static int remove_nothing(void *state)
{
    return verify(state, prepare_remove, prove_markers, do_nothing, prove_no_markers);
}

static int remove_less(void *state)
{
    return verify(state, prepare_remove, prove_markers, leave_a_marker, prove_no_markers);
}

static int map_nothing(void *state)
{
    return verify(state, prepare_map, prove_resident, do_nothing, prove_none);
}

static int protect_and_keep(void *state)
{
    return verify(state, prepare_map, prove_resident, only_protect, prove_none);
}

WRONG_CASES = {
    {"no marker is installed", "protect/guard-install/*", "are resident instead of 0", NULL, install_nothing},
    {"the pages are only dropped", "protect/guard-install/*", "that must fault was allowed", NULL, drop_instead},
    {"a page has no marker", "protect/guard-install/pages:1", "page 1 of the region is accessible", NULL, install_less,
     .pages = 3},
    {"mprotect denies access instead", "protect/guard-install/*", "the region is ---", NULL, protect_instead},
    {"no marker is removed", "protect/guard-remove/*", "must be allowed faulted", NULL, remove_nothing},
    {"a marker stays", "protect/guard-remove/pages:1", "page 1 of the region is not accessible", NULL, remove_less,
     .pages = 3},
    {"nothing is mapped", "protect/mmap-none/*", "the region is rw-", NULL, map_nothing},
    {"mprotect denies access instead", "protect/mmap-none/*", "are resident instead of 0", NULL, protect_and_keep},
    {0},
};
