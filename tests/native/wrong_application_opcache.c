#include "wrong_guard.h"

#include "families/application/opcache.c"

static int update_another_place(void *state)
{
    struct opcache *cache = state;

    cache->place += UPDATE_BYTES;
    return 0;
}

WRONG_CASES = {
    WRONG_GUARDS("application/opcache-key/*", "application/opcache-mprotect/*", "application/opcache-unprotected/*"),
    {"another place is updated", "application/opcache-*", "the segment was not updated", update_another_place},
    {0},
};
