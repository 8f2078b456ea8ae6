/* The program that is a guest's first process: what its two halves agree on. */
#pragma once

#include <stdint.h>

#include "../benchmark.h"

/* One line of the case list. */
struct guest_case {
    unsigned index; /* its place in the list, repeated in every answer */
    const struct pk_benchmark *benchmark;
    int64_t point[PK_AXES_MAX];
};

/* Read one line of the list, "INDEX FAMILY/BENCHMARK POINT POINT POINT"; 0, or -1 where it names no benchmark. */
int guest_parse(const char *line, struct guest_case *parsed);

/* Count the instructions of one case, and print the answer as one line. */
void guest_count(const struct guest_case *asked);
