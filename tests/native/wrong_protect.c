#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/protect.c"
#include "wrong_change.h"

static int change_nothing(void *state)
{
    struct change *change = state;

    change->to = change->from;
    return 0;
}

static int gather_into_huge_pages(void *state)
{
    const struct change *change = state;

    return gather_pages(&change->regions.at[0]);
}

static int make_the_keys_one(void *state)
{
    struct change *change = state;

    change->keys[2].number = change->keys[1].number;
    return 0;
}

static int allow_writing(void *state)
{
    const struct change *change = state;

    pk_wrpkru(pk_pkru_with(pk_pkru_with(pk_rdpkru(), change->keys[1].number, 0), change->keys[2].number, 0));
    return 0;
}

WRONG_CASES = {
    {"both sides are the same", "protect/mprotect-[rn]*", "the change changes nothing", change_nothing},
    {"both sides are the same", "protect/pkey-mprotect-[0jk]-*", "the change changes nothing", change_nothing},
    {"both keys are the same", "protect/pkey-mprotect-j-k/*", "the change changes nothing", make_the_keys_one},
    {"mprotect does nothing", "protect/mprotect-[rn]*", "the region is", ignore_the_change},
    {"pkey_mprotect does nothing", "protect/pkey-mprotect-[0jk]-*", "the region has key", ignore_the_change},
    {"pkey_mprotect takes another key", "protect/pkey-mprotect-[0jk]-*", "the region has key", tag_with_another_key},
    {"the key allows writing", "protect/pkey-mprotect-[0jk]-*", "a store that must fault was allowed", allow_writing},
    {"a page is not populated", "protect/mprotect-[rn]*", "of the region are resident instead of", forget_a_page},
    {"a page is not populated", "protect/pkey-mprotect-[0jk]-*", "of the region are resident instead of",
     forget_a_page},
    {"the region is merged with the adjacent page", "protect/mprotect-[rn]*", "not a VMA of its own", merge_a_guard},
    {"the region is merged with the adjacent page", "protect/pkey-mprotect-[0jk]-*", "not a VMA of its own",
     merge_a_guard},
    {"the pages are huge", "protect/mprotect-rw-ro/pages:1", "are transparent huge pages instead of",
     gather_into_huge_pages, .pages = 1024},
    {0},
};
