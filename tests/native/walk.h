/* Walks the table of benchmarks case by case. */
#pragma once

#include <stddef.h>

#include "benchmark.h"

/* A benchmark at a point, and the case's full name. */
struct walked {
    const struct pk_benchmark *benchmark;
    int64_t point[PK_AXES_MAX];
    char name[256];
};

typedef void walk_step(const struct walked *walked, void *context);

/* Call the step for each case that the program's last argument selects; a kernel passes words of its own before it.
 * An argument that starts with a slash names a file with one case in a line, "FAMILY/BENCHMARK POINT POINT POINT
 * NAME". Otherwise, the cases are the first two points of each numeric axis and all labels of the others; "keys"
 * selects those that need protection keys. */
void walk_table(int argc, char **argv, walk_step *step, void *context);
