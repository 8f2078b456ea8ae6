/* What the parts of the guest's first process share. */
#pragma once

#include <stdint.h>

#include "benchmark.h"

/* One line of the case list. */
struct guest_case {
    unsigned index; /* its place in the list, repeated in each line of output */
    const struct pk_benchmark *benchmark;
    int64_t point[PK_AXES_MAX];
    int traced; /* trace each instruction as well */
};

#define GUEST_TRACED " traced" /* after the points of a case: trace it as well */

/* Parse a line of the list, "INDEX FAMILY/BENCHMARK POINT POINT POINT [traced]". 0, or -1 if it names no benchmark. */
int guest_parse(const char *line, struct guest_case *parsed);

/* Count the instructions of one case, and print the result as one line. */
void guest_count(const struct guest_case *asked);

/* Print the address of each function of the kernel, one in a line. */
void guest_show_symbols(void);

/* Have the host trace so many iterations, and twice as many unless `twice` is 0. Repeat each until the traced run
 * took as many instructions as were counted. Prints the outcome. */
void guest_trace(struct pk_case *opened, uint64_t loops, uint64_t once, uint64_t twice);
