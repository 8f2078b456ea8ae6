/* Cases made wrong on purpose. Verify must catch each of them. A file of wrong cases includes one family's source, to
 * access its state. */
#pragma once

#include "benchmark.h"
#include "memory/region.h"

/* The remaining fields of a row are NULL. */
#pragma GCC diagnostic ignored "-Wmissing-field-initializers"

struct wrong {
    const char *what;
    const char *cases;          /* affected cases: an fnmatch(3) pattern over their names */
    const char *reason;         /* part of the reason that verify must give */
    int (*inject)(void *state); /* the fault, injected after verify has passed; 0 or PK_SKIPPED */
    int (*verify)(void *state); /* replaces the benchmark's own; or NULL */
    int64_t pages;              /* point of the first axis, if not a small one; or 0 */
};

/* The wrong cases of a file, up to an entry without a name. Their addresses are in an ELF section of their own. */
#define WRONG_CASES                                                                                          \
    static const struct wrong made_wrong[];                                                                  \
    static const struct wrong *const wrong_entry __attribute__((used, section("wrong_cases"))) = made_wrong; \
    static const struct wrong made_wrong[]

/* Drop the last page, which would then be populated while it is timed. */
int forget_page(const struct pk_region *region);
/* Collapse the pages into huge ones. */
int gather_pages(const struct pk_region *region);
/* Replace the guard after the region by a page like the region's, so that the kernel merges the two. */
int merge_guard(const struct pk_region *region, int prot, int pkey);
/* Give the region another key. */
int tag_differently(const struct pk_region *region);
