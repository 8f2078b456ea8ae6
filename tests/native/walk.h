/* The table of benchmarks, case by case, at small points. */
#pragma once

#include <stddef.h>

#include "benchmark.h"

/* A benchmark at a point, by its full name. */
struct walked {
    const struct pk_benchmark *benchmark;
    int64_t point[PK_AXES_MAX];
    char name[256];
};

typedef void walk_step(const struct walked *walked, void *context);

/* Take the step for each case: numeric axes at 1 and 2, labelled ones at all their labels. Where the program's last argument
 * is "keys" (a kernel passes words of its own before it), only for those that need protection keys. */
void walk_table(int argc, char **argv, walk_step *step, void *context);
