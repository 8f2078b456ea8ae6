/* Changing part of a transparent huge page. The first change splits its page-table entry, later ones find it split. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/smaps.h"
#include "memory/trap.h"

#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)

#define HUGE_PAGES 4 /* in one batch */
#define PAGES 512    /* 4 KiB pages in a huge page */
#define PLACE 256    /* number of the page that changes */

enum when { FIRST, STEADY };

struct part {
    struct pk_regions regions;
    enum when when;
    size_t place, length;
};

static uint64_t memory(const int64_t *point)
{
    (void)point;
    return (uint64_t)HUGE_PAGES * pk_kind_size(PK_THP);
}

static int support(const int64_t *point)
{
    (void)point;
    return pk_kind_support(PK_THP, pk_kind_size(PK_THP), HUGE_PAGES);
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct part *part = state;
    char *at = part->regions.at->base + part->place;
    size_t length = part->length, stride = part->regions.stride;
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(at, length, READ);
        at += stride;
    }
    return status;
}

static uint64_t batch(const void *state)
{
    const struct part *part = state;

    return part->regions.count;
}

static int change_back(const struct part *part)
{
    int status = 0;

    for (size_t i = 0; i < part->regions.count; i++)
        status |= pk_mprotect(part->regions.at[i].base + part->place, part->length, WRITE);
    return status;
}

static int prepare(void *state)
{
    struct part *part = state;
    int status = 0;

    if (part->when == STEADY)
        return change_back(part);
    for (size_t i = 0; i < part->regions.count && !status; i++)
        status = pk_region_renew(&part->regions.at[i]);
    return status;
}

static int setup(void *state, const int64_t *point)
{
    struct part *part = state;
    int status = pk_regions_map_kind(&part->regions, HUGE_PAGES, PAGES, PK_THP);

    part->when = (enum when)point[0];
    part->length = pk_page_size();
    part->place = PLACE * part->length;
    if (!status && part->when == STEADY)
        status = run_mprotect(state, HUGE_PAGES);
    return status;
}

static void teardown(void *state)
{
    struct part *part = state;

    pk_regions_unmap(&part->regions);
}

/* Totals of the VMAs that a region is split into. */
struct pieces {
    size_t count;
    uint64_t resident, huge;
};

static int add(const struct pk_vma *vma, void *context)
{
    struct pieces *pieces = context;

    pieces->count++;
    pieces->resident += vma->resident;
    pieces->huge += vma->anonymous_huge;
    return 0;
}

static int prove_pieces(const struct pk_region *region, size_t count, int huge)
{
    uint64_t kib = pk_region_length(region) / 1024, expected = huge ? kib : 0;
    struct pieces pieces = {0};
    int status = pk_vmas_between(region->base, region->base + pk_region_length(region), add, &pieces);

    if (status)
        return status;
    if (pieces.count != count)
        return pk_disprove("the region is in %zu VMAs instead of %zu", pieces.count, count);
    if (pieces.resident != kib)
        return pk_disprove("%llu KiB of the region are resident instead of %llu", (unsigned long long)pieces.resident,
                           (unsigned long long)kib);
    if (pieces.huge != expected)
        return pk_disprove("%llu KiB of the region are transparent huge pages instead of %llu",
                           (unsigned long long)pieces.huge, (unsigned long long)expected);
    return 0;
}

static int prove_all_pieces(const struct part *part, size_t count, int huge)
{
    int status = 0;

    for (size_t i = 0; i < part->regions.count && !status; i++)
        status = prove_pieces(&part->regions.at[i], count, huge);
    return status;
}

/* The changed page is read-only, and the pages next to it are not. */
static int prove_changed(const struct part *part)
{
    int status = 0;

    for (size_t i = 0; i < part->regions.count && !status; i++) {
        char *at = part->regions.at[i].base + part->place;
        status = pk_prove_refused(PK_STORE, at, 0);
        if (!status)
            status = pk_prove_allowed(PK_LOAD, at);
        if (!status)
            status = pk_prove_allowed(PK_STORE, at - 1);
        if (!status)
            status = pk_prove_allowed(PK_STORE, at + part->length);
    }
    return status;
}

static int verify(void *state)
{
    struct part *part = state;
    int status = prepare(state);

    if (status)
        return status < 0 ? pk_error(-status, "change back") : status;
    status = prove_all_pieces(part, 1, part->when == FIRST);
    if (!status && run_mprotect(state, part->regions.count))
        status = pk_disprove("the change failed");
    if (!status)
        status = prove_changed(part);
    return status ? status : prove_all_pieces(part, 3, 0);
}

PK_BENCHMARK(mprotect_thp_part) = {
    .family = "protect",
    .name = "mprotect-thp-part",
    .axes = {{.name = "when",
              .labels = "first,steady",
              .points = "first,steady",
              .quick = "first",
              .meaning = "the first change, of an intact huge page, or a later change, after it has been split"}},
    .operation = "mprotect of one 4 KiB page of a transparent huge page of 2 MiB to read-only",
    .floor = "syscall/mprotect-length-0",
    .state_size = sizeof(struct part),
    .memory = memory,
    .support = support,
    .setup = setup,
    .batch = batch,
    .prepare = prepare,
    .run = run_mprotect,
    .verify = verify,
    .teardown = teardown,
};
