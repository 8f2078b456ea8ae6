/* The program that is a guest's first process: what its two halves agree on. */
#pragma once

#include <stdint.h>

#include "benchmark.h"

/* One line of the case list. */
struct guest_case {
    unsigned index; /* its place in the list, repeated in every answer */
    const struct pk_benchmark *benchmark;
    int64_t point[PK_AXES_MAX];
    int traced; /* the host wants to see each instruction */
};

#define GUEST_TRACED " traced" /* after the points: trace the case as well */

/* Read one line of the list, "INDEX FAMILY/BENCHMARK POINT POINT POINT [traced]"; 0, or -1 where it names no benchmark.
 */
int guest_parse(const char *line, struct guest_case *parsed);

/* Count the instructions of one case, and print the answer as one line. */
void guest_count(const struct guest_case *asked);

/* Print where the kernel's functions are, a line each. */
void guest_show_symbols(void);

/* Have the host trace so many iterations, and twice as many unless `twice` is 0, until each trace is of a run that took
 * as many instructions as were counted. Prints what becomes of it. */
void guest_trace(struct pk_case *opened, uint64_t loops, uint64_t once, uint64_t twice);
