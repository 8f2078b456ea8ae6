#include "fake_calls.h"
#include "wrong.h"

static bool keeps_pages;

static int fake_madvise(void *address, size_t length, int advice)
{
    return keeps_pages ? 0 : madvise(address, length, advice);
}

#define madvise fake_madvise
#include "families/threads/fault.c"
#undef madvise

static int keep_pages(void *state)
{
    (void)state;
    keeps_pages = true;
    return 0;
}

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static int keep_the_last_awake(void *state)
{
    static const struct pk_team_work awake = {
        .run = run_touch, .verify = verify_sleeping, .idle = spin, .idle_members = 1};
    struct faults *faults = state;

    faults->fixture.team.work = &awake;
    return 0;
}

static int merge_a_guard(void *state)
{
    const struct faults *faults = state;

    return merge_guard(&faults->fixture.regions[0], PROT_READ | PROT_WRITE, 0);
}

WRONG_CASES = {
    {"the pages are not fresh", "threads/fault-*", "touching 512 pages took", keep_pages},
    {"the region is merged with the adjacent page", "threads/fault-*", "not a VMA of its own", merge_a_guard},
    {"the last is awake", "threads/fault-alone/*", "must sleep is in state", keep_the_last_awake},
    {"mprotect does nothing", "threads/fault-vs-mprotect/*", "must change protection does not", make_mprotect_idle},
    {0},
};
