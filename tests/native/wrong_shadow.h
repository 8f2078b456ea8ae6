/* Faults of WRPKRU in the shadow of any work. The state starts with a shadow. */
#pragma once

#include "wrong.h"

#include "families/instruction/shadow.h"

static inline int close_nothing(void *state)
{
    struct shadow *shadow = state;

    shadow->keyed.key.closed = shadow->keyed.key.open;
    return 0;
}

static inline int open_nothing(void *state)
{
    struct shadow *shadow = state;

    shadow->keyed.key.open = shadow->keyed.key.closed;
    return 0;
}

#define WRONG_TOGGLES(cases)                                                                    \
    {"both values allow writing", cases, "a store that must fault was allowed", close_nothing}, \
    {                                                                                           \
        "both values deny writing", cases, "must be allowed faulted", open_nothing              \
    }
