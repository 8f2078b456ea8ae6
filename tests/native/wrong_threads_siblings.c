#include "fake_calls.h"
#include "wrong.h"

#include "families/threads/siblings.c"

static int claim_that_they_sleep(void *state)
{
    struct siblings *siblings = state;

    siblings->doing = SIBLINGS_SLEEPING;
    return 0;
}

static int claim_that_they_spin(void *state)
{
    struct siblings *siblings = state;

    siblings->doing = SIBLINGS_SPINNING;
    return 0;
}

static int claim_that_they_call(void *state)
{
    struct siblings *siblings = state;

    siblings->doing = SIBLINGS_CALLING;
    return 0;
}

static int claim_that_they_fault(void *state)
{
    struct siblings *siblings = state;

    siblings->doing = SIBLINGS_FAULTING;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct siblings *siblings = state;

    return forget_page(&siblings->fixture.regions[0]);
}

static int merge_a_guard(void *state)
{
    const struct siblings *siblings = state;

    return merge_guard(&siblings->fixture.regions[0], PROT_READ | PROT_WRITE, 0);
}

static int allow_writing(void *state)
{
    const struct siblings *siblings = state;

    pk_wrpkru(siblings->fixture.key.open);
    return 0;
}

WRONG_CASES = {
    {"the siblings sleep", "threads/mprotect-siblings/siblings:sleeping/threads:2", "must spin does not run",
     claim_that_they_spin},
    {"the siblings spin", "threads/mprotect-siblings/siblings:spinning/threads:2", "must sleep is in state",
     claim_that_they_sleep},
    {"the siblings only spin", "threads/mprotect-siblings/siblings:spinning/threads:2",
     "must make system calls makes none", claim_that_they_call},
    {"the siblings only call", "threads/mprotect-siblings/siblings:calling/threads:2",
     "must take page faults takes none", claim_that_they_fault},
    {"the siblings get no answer", "threads/mprotect-siblings/siblings:calling/threads:2",
     "must make system calls makes none", make_getppid_idle},
    {"the siblings spin", "threads/mprotect-siblings-pages/siblings:faulting/pages:1", "must sleep is in state",
     claim_that_they_sleep},
    {"mprotect does nothing", "threads/mprotect-siblings*", "a store that must fault was allowed", make_mprotect_idle},
    {"pkey_mprotect does nothing", "threads/pkey-mprotect-siblings*", "a store that must fault was allowed",
     make_pkey_mprotect_idle},
    {"the key allows writing", "threads/pkey-mprotect-siblings*", "a store that must fault was allowed", allow_writing},
    {"a page is not populated", "threads/*-siblings*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "threads/*-siblings*", "not a VMA of its own", merge_a_guard},
    {0},
};
