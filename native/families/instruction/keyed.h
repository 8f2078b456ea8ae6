/* A page under its own key, for the proofs. */
#pragma once

#include "memory/domain.h"

static inline int setup_keyed(void *state, const int64_t *point)
{
    (void)point;
    return pk_domain_map(state, 1, PKEY_DISABLE_WRITE);
}

static inline void teardown_keyed(void *state)
{
    pk_domain_unmap(state);
}
