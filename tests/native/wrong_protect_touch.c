#include "fake_calls.h"
#include "wrong.h"

#include "families/protect/touch.c"
#include "wrong_change.h"

WRONG_CASES = {
    {"mprotect does nothing", "protect/touch-after-mprotect-*", "the region is", make_mprotect_idle},
    {"pkey_mprotect does nothing", "protect/touch-after-pkey-*", "the region has key", make_pkey_mprotect_idle},
    {"pkey_mprotect takes another key", "protect/touch-after-pkey-*", "the region has key", tag_with_another_key},
    {"a page is not populated", "protect/touch-*", "of the region are resident instead of", forget_a_page},
    {"the region is merged with the adjacent page", "protect/touch-*", "the region is not a VMA of its own",
     merge_a_guard},
    {0},
};
