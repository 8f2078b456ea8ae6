/* Changing a region in which only some pages are resident. The others have no page-table entry, or no page table. */
#define _GNU_SOURCE
#include <stdlib.h>

#include "change.h"

#define REGIONS 4 /* in one batch */
#define DENSITY_PAGES 4096
#define PAGE_TABLE ((size_t)1 << 21) /* bytes that one page table maps; none may be shared with another region */
#define SPARSE_PAGES 16

/* In the order of the labels. */
static const size_t percents[] = {0, 1, 10, 50, 100};
static const size_t distances[] = {PAGE_TABLE, (size_t)1 << 30};

struct thin {
    struct change change; /* first, so that a pointer to this is one to it */
    size_t *resident;     /* which pages are resident in each region */
    size_t count;
};

static void teardown(void *state)
{
    struct thin *thin = state;

    teardown_change(&thin->change);
    free(thin->resident);
}

/* Map more addresses than the machine has memory. */
static int map_region(const struct thin *thin, struct pk_region *region)
{
    int status = pk_region_lay(region, MAP_NORESERVE);

    region->absent = region->pages - thin->count;
    for (size_t i = 0; i < thin->count && !status; i++)
        *(volatile char *)(region->base + thin->resident[i] * pk_page_size()) = 1;
    return status;
}

static int map_regions(struct thin *thin, size_t pages, size_t alignment)
{
    struct pk_regions *regions = &thin->change.regions;
    int status = begin_change(&thin->change, 0, (struct side){WRITE, 0}, (struct side){READ, 0});

    thin->change.length = pages * pk_page_size();
    if (!status)
        status = pk_regions_fence(regions, REGIONS, pages, alignment);
    for (size_t i = 0; i < REGIONS && !status; i++)
        status = map_region(thin, &regions->at[i]);
    return status == -ENOMEM
               ? pk_skip("the kernel does not reserve more addresses than it has memory: sysctl vm.overcommit_memory=0")
               : status;
}

/* Choose every n-th page, as evenly as whole numbers allow. */
static size_t choose_evenly(size_t *chosen, size_t pages, size_t percent)
{
    size_t count = 0;

    for (size_t i = 0; i < pages; i++)
        if ((i + 1) * percent / 100 != i * percent / 100)
            chosen[count++] = i;
    return count;
}

static int setup_density(void *state, const int64_t *point)
{
    struct thin *thin = state;

    thin->resident = calloc(DENSITY_PAGES, sizeof *thin->resident);
    if (!thin->resident)
        return pk_error(ENOMEM, "allocate the list of pages");
    thin->count = choose_evenly(thin->resident, DENSITY_PAGES, percents[point[0]]);
    return map_regions(thin, DENSITY_PAGES, PAGE_TABLE);
}

static int setup_sparse(void *state, const int64_t *point)
{
    struct thin *thin = state;
    size_t distance = distances[point[0]], pages = distance / pk_page_size();

    thin->resident = calloc(SPARSE_PAGES, sizeof *thin->resident);
    if (!thin->resident)
        return pk_error(ENOMEM, "allocate the list of pages");
    for (size_t i = 0; i < SPARSE_PAGES; i++)
        thin->resident[thin->count++] = i * pages;
    return map_regions(thin, SPARSE_PAGES * pages, distance);
}

static uint64_t memory_of_density(const int64_t *point)
{
    return (uint64_t)DENSITY_PAGES * percents[point[0]] / 100 * REGIONS * pk_page_size();
}

/* Prove that these pages are resident. The audit proves that no others are, by their number. The kernel is asked
 * about this many pages in one call. */
static int prove_resident(const struct thin *thin, const struct pk_region *region)
{
    unsigned char resident[DENSITY_PAGES];
    size_t page = pk_page_size(), from = 0, to = 0;

    for (size_t i = 0; i < thin->count; i++) {
        size_t which = thin->resident[i];

        if (which >= to) {
            from = which;
            to = region->pages - from < DENSITY_PAGES ? region->pages : from + DENSITY_PAGES;
            if (mincore(region->base + from * page, (to - from) * page, resident))
                return pk_error(errno, "look for resident pages");
        }
        if (!(resident[which - from] & 1))
            return pk_disprove("page %zu of the region is not resident", which);
    }
    return 0;
}

/* An allowed access would make a page resident, so it is tried only where one is. A refused access may be tried
 * anywhere. */
static int prove_thin_side(const struct change *change, struct side side)
{
    const struct thin *thin = (const struct thin *)change;
    int status = pk_regions_audit(&change->regions, side.prot, 0);

    for (size_t i = 0; i < change->regions.count && !status; i++) {
        const struct pk_region *region = &change->regions.at[i];

        status = prove_resident(thin, region);
        if (!status && thin->count)
            status = prove_side_at(change, region->base + thin->resident[thin->count - 1] * pk_page_size(), side);
        if (!status && side.prot == READ)
            status = pk_prove_refused(PK_STORE, region->base + change->length - 1, 0);
    }
    return status;
}

static int verify(void *state)
{
    return verify_change(state, run_mprotect, prove_thin_side);
}

PK_BENCHMARK(mprotect_density) = {
    .family = "protect",
    .name = "mprotect-density",
    .axes = {{.name = "percent",
              .meaning = "percentage of the region's 4096 pages that are resident, evenly spread",
              .labels = "0,1,10,50,100",
              .points = "0,1,10,50,100",
              .quick = "10"}},
    .operation = "mprotect of a region of 4096 pages, some of them resident, from readable and writable to read-only",
    .floor = "syscall/mprotect-length-0",
    .state_size = sizeof(struct thin),
    .memory = memory_of_density,
    .setup = setup_density,
    .batch = batch,
    .prepare = prepare,
    .run = run_mprotect,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(mprotect_sparse) = {
    .family = "protect",
    .name = "mprotect-sparse",
    .axes = {{.name = "every",
              .meaning =
                  "distance between the resident pages: each in its own page table, or each in its own page directory",
              .labels = "2m,1g",
              .points = "2m,1g",
              .quick = "2m"}},
    .operation = "mprotect of a region with 16 resident pages far apart from readable and writable to read-only",
    .floor = "syscall/mprotect-length-0",
    .state_size = sizeof(struct thin),
    .setup = setup_sparse,
    .batch = batch,
    .prepare = prepare,
    .run = run_mprotect,
    .verify = verify,
    .teardown = teardown,
};
