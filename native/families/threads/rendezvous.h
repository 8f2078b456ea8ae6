/* Two running threads that wait for each other without sleeping. */
#pragma once

#include <sched.h>
#include <stdatomic.h>

#include "cpu/pkey.h"

/* Wait until the other thread has reached this number. If both share a CPU, let the other run. */
static inline void await_number(atomic_uint *at, unsigned number)
{
    for (unsigned spins = 1; atomic_load_explicit(at, memory_order_acquire) != number; spins++)
        if (spins % 1024 == 0)
            sched_yield();
        else
            pk_pause();
}
