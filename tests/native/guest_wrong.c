/* For the guest's program: a case that crashes while it is timed. */
#include "benchmark.h"

static int run(void *state, uint64_t loops)
{
    (void)state;
    (void)loops;
    __builtin_trap();
    return 0;
}

PK_BENCHMARK(crash) = {.family = "wrong", .name = "crash", .operation = "crash", .run = run};
