/* The table of benchmarks, case by case. */
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

/* Take the step for each case that the program's last argument asks for (a kernel passes words of its own before it): a
 * file's, a line each, "FAMILY/BENCHMARK POINT POINT POINT NAME", where it begins with a slash; else those of each
 * benchmark's first two points on numeric axes, and of all labels on the others. "keys" asks of these for the ones that
 * need protection keys. */
void walk_table(int argc, char **argv, walk_step *step, void *context);
