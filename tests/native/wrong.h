/* Cases made wrong on purpose, each of which verify must catch. A file of them includes one family's source, to get at
 * its state. */
#pragma once

#include "benchmark.h"
#include "memory/region.h"

/* Rows end where nothing but NULL would follow. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct wrong {
    const char *what;
    const char *cases;          /* whose: a pattern over their names, as fnmatch(3) has it */
    const char *reason;         /* part of what verify must then say */
    int (*inject)(void *state); /* after a verify that passed; 0, or PK_SKIPPED */
    int (*verify)(void *state); /* instead of the benchmark's own; or NULL */
    int64_t pages;              /* the first axis, instead of the small points; or 0 */
};

/* A file's wrong cases; ends at an entry without a name. Their addresses lie in an ELF section of their own. */
#define WRONG_CASES                                                                                          \
    static const struct wrong made_wrong[];                                                                  \
    static const struct wrong *const wrong_entry __attribute__((used, section("wrong_cases"))) = made_wrong; \
    static const struct wrong made_wrong[]

/* The last page is given back: it would be populated while it is timed. */
int forget_page(const struct pk_region *region);
/* The pages are gathered into huge ones. */
int gather_pages(const struct pk_region *region);
/* The guard behind the region becomes a page like the region's, which the kernel makes one VMA of. */
int merge_guard(const struct pk_region *region, int prot, int pkey);
/* The region gets another key than the one it should have. */
int tag_differently(const struct pk_region *region);
