/* Two running threads that wait for each other without sleeping. */
#pragma once

#include <sched.h>
#include <stdatomic.h>

#include "cpu/pkey.h"

/* Wait until the other thread has come to this number; where it has to share the CPU, let it. */
static inline void await_number(atomic_uint *at, unsigned number)
{
    for (unsigned turns = 1; atomic_load_explicit(at, memory_order_acquire) != number; turns++)
        if (turns % 1024 == 0)
            sched_yield();
        else
            pk_pause();
}
