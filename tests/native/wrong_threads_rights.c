#include "fake_calls.h"
#include "wrong.h"

#include "families/threads/rights.c"

static int forget_a_page(void *state)
{
    const struct thread_fixture *fixture = state;

    return forget_page(&fixture->regions[0]);
}

static int merge_a_guard(void *state)
{
    const struct thread_fixture *fixture = state;

    return merge_guard(&fixture->regions[0], PROT_READ | PROT_WRITE, fixture->key.number);
}

static int tag_with_another_key(void *state)
{
    const struct thread_fixture *fixture = state;

    return tag_differently(&fixture->regions[0]);
}

static int allow_writing(void *state)
{
    struct thread_fixture *fixture = state;

    fixture->key.closed = fixture->key.open;
    pk_wrpkru(fixture->key.open);
    return 0;
}

WRONG_CASES = {
    {"the key allows writing", "threads/pkey-set-own/*", "a store that must fault was allowed", allow_writing},
    {"a page is not populated", "threads/pkey-set-own/*", "of the region are resident instead of", forget_a_page},
    {"the page is merged with the adjacent page", "threads/pkey-set-own/*", "not a VMA of its own", merge_a_guard},
    {"the page has another key", "threads/pkey-set-own/*", "the region has key", tag_with_another_key},
    {0},
};
