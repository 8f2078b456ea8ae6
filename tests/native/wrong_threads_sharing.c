#include "fake_calls.h"
#include "wrong.h"

#include "families/threads/sharing.c"

static int forget_a_page(void *state)
{
    const struct thread_fixture *fixture = state;

    return forget_page(&fixture->regions[0]);
}

static int merge_a_guard(void *state)
{
    const struct thread_fixture *fixture = state;

    return merge_guard(&fixture->regions[0], PROT_READ | PROT_WRITE, 0);
}

static int split(void *state)
{
    const struct thread_fixture *fixture = state;

    return pk_mprotect(fixture->regions[0].base, pk_page_size(), PROT_READ);
}

static int change_the_whole(void *state)
{
    const struct thread_fixture *fixture = state;

    return pk_mprotect(fixture->regions[0].base, pk_region_length(&fixture->regions[0]), PROT_READ);
}

WRONG_CASES = {
    {"mprotect does nothing", "threads/mprotect-own-*", "a store that must fault was allowed", make_mprotect_idle},
    {"a page is not populated", "threads/mprotect-own-*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "threads/mprotect-own-*", "not a VMA of its own", merge_a_guard},
    {"mprotect does nothing", "threads/mprotect-shared-vma/*", "a store that must fault was allowed",
     make_mprotect_idle},
    {"the pages lie in two VMAs", "threads/mprotect-shared-vma/*", "not a VMA of its own", split},
    {"the VMA is read-only", "threads/mprotect-shared-vma/*", "the region is r--", change_the_whole},
    {"a page is not populated", "threads/mprotect-shared-vma/*", "of the region are resident instead of",
     forget_a_page},
    {"the VMA is merged with the adjacent page", "threads/mprotect-shared-vma/*", "not a VMA of its own",
     merge_a_guard},
    {0},
};
