/* The kernel's book-keeping of mappings: splitting and merging one, finding one among many, changing one without any
 * page. One operation is a change to read-only and back. */
#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

#define READ PROT_READ
#define WRITE (PROT_READ | PROT_WRITE)

/* Pages of a VMA in which one page is changed. */
#define SPLIT_PAGES 9
/* More than the mappings of the process and its libraries. */
#define OTHER_VMAS 1000

struct change {
    struct pk_region region; /* the mapping */
    char *address;           /* start of what is changed */
    size_t length;
    char *others; /* additional mappings */
    size_t other_pages;
};

static int run(void *state, uint64_t loops)
{
    const struct change *change = state;
    char *address = change->address;
    size_t length = change->length;
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(address, length, READ);
        status |= pk_mprotect(address, length, WRITE);
    }
    return status;
}

static void teardown(void *state)
{
    struct change *change = state;

    pk_region_unmap(&change->region);
    if (change->others)
        munmap(change->others, change->other_pages * pk_page_size());
}

/* Change to read-only, where a store to the last byte must be refused, and back. `there` proves what else must hold
 * in between, unless it is NULL. A refused store touches no page. */
static int prove_there_and_back(const struct change *change, int (*there)(const struct change *change))
{
    int status = pk_mprotect(change->address, change->length, READ) ? pk_disprove("mprotect failed") : 0;

    if (!status && there)
        status = there(change);
    if (!status)
        status = pk_prove_refused(PK_STORE, change->address + change->length - 1, 0);
    if (pk_mprotect(change->address, change->length, WRITE) && !status)
        status = pk_disprove("mprotect failed");
    return status;
}

/* In the order of the labels of the axis. */
static const size_t places[] = {0, SPLIT_PAGES / 2, SPLIT_PAGES - 1};

static int setup_split(void *state, const int64_t *point)
{
    struct change *change = state;
    int status = pk_region_map(&change->region, SPLIT_PAGES);

    change->length = pk_page_size();
    change->address = change->region.base + places[point[0]] * change->length;
    return status;
}

static int prove_own_vma(const struct change *change)
{
    struct pk_region page = {.base = change->address, .pages = 1};

    return pk_region_audit(&page, READ, 0);
}

/* In between, the page is a VMA of its own. Afterwards, the region is one VMA again. */
static int verify_split(void *state)
{
    const struct change *change = state;
    int status = pk_region_audit(&change->region, WRITE, 0);

    if (!status)
        status = prove_there_and_back(change, prove_own_vma);
    if (!status)
        status = pk_prove_allowed(PK_STORE, change->address);
    return status ? status : pk_region_audit(&change->region, WRITE, 0);
}

PK_BENCHMARK(mprotect_split_merge) = {
    .family = "syscall",
    .name = "mprotect-split-merge",
    .axes = {{.name = "place",
              .meaning = "which page of a nine-page VMA is changed",
              .labels = "first,middle,last",
              .points = "first,middle,last",
              .quick = "middle"}},
    .operation = "mprotect of one page of a larger VMA to read-only, which splits the VMA, and back, which merges it",
    .state_size = sizeof(struct change),
    .setup = setup_split,
    .run = run,
    .verify = verify_split,
    .teardown = teardown,
};

static int64_t read_most_vmas(void)
{
    FILE *setting = fopen("/proc/sys/vm/max_map_count", "re");
    long long most = 65530; /* the kernel's default */

    if (setting) {
        if (fscanf(setting, "%lld", &most) != 1)
            most = 65530;
        fclose(setting);
    }
    return most;
}

static int support_among(const int64_t *point)
{
    int64_t most = read_most_vmas(), needed = point[0] + OTHER_VMAS;

    return needed <= most
               ? 0
               : pk_skip("vm.max_map_count is %lld and the case needs %lld mappings: sysctl vm.max_map_count=%lld",
                         (long long)most, (long long)needed, (long long)needed);
}

/* Map pages of which every second one is read-only, so that there are as many VMAs as pages. */
static int map_others(struct change *change, size_t count)
{
    size_t page = pk_page_size();
    char *others = mmap(NULL, count * page, WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

    if (others == MAP_FAILED)
        return pk_error(errno, "map the other pages");
    change->others = others;
    change->other_pages = count;
    for (size_t i = 1; i < count; i += 2) {
        int status = pk_mprotect(others + i * page, page, READ);
        if (status)
            return pk_error(-status, "split the other pages");
    }
    return 0;
}

static int setup_among(void *state, const int64_t *point)
{
    struct change *change = state;
    int status = map_others(change, (size_t)point[0]);

    if (!status)
        status = pk_region_map(&change->region, 1);
    change->address = change->region.base;
    change->length = pk_page_size();
    return status;
}

static size_t count_vmas(void)
{
    FILE *maps = fopen("/proc/self/maps", "re");
    size_t lines = 0;
    int character;

    while (maps && (character = getc(maps)) != EOF)
        lines += character == '\n';
    if (maps)
        fclose(maps);
    return lines;
}

/* Count the lines of /proc/self/maps: smaps would take seconds for so many mappings. */
static int verify_among(void *state)
{
    const struct change *change = state;
    size_t vmas = count_vmas();
    int status = pk_prove_allowed(PK_STORE, change->address);

    if (vmas < change->other_pages)
        return pk_disprove("there are %zu VMAs, fewer than %zu", vmas, change->other_pages);
    return status ? status : prove_there_and_back(change, NULL);
}

PK_BENCHMARK(mprotect_among) = {
    .family = "syscall",
    .name = "mprotect-among",
    .axes = {{.name = "vmas", .meaning = "other mappings present", .points = "10,1000,60000", .quick = "10"}},
    .operation = "mprotect of a one-page VMA to read-only and back, with many other VMAs present",
    .support = support_among,
    .state_size = sizeof(struct change),
    .setup = setup_among,
    .run = run,
    .verify = verify_among,
    .teardown = teardown,
};

static int setup_untouched(void *state, const int64_t *point)
{
    struct change *change = state;
    int status = pk_region_reserve(&change->region, (size_t)point[0]);

    change->address = change->region.base;
    change->length = pk_region_length(&change->region);
    return status;
}

static int prove_untouched(const struct change *change)
{
    size_t pages = change->region.pages;
    unsigned char *resident = calloc(pages, 1);
    int status = 0;

    if (!resident || mincore(change->address, change->length, resident))
        status = pk_error(resident ? errno : ENOMEM, "look for resident pages");
    for (size_t i = 0; i < pages && !status; i++)
        if (resident[i] & 1)
            status = pk_disprove("page %zu of an untouched region is resident", i);
    free(resident);
    return status;
}

static int verify_untouched(void *state)
{
    const struct change *change = state;
    int status = prove_untouched(change);

    if (!status)
        status = prove_there_and_back(change, NULL);
    return status ? status : prove_untouched(change);
}

PK_BENCHMARK(mprotect_untouched) = {
    .family = "syscall",
    .name = "mprotect-untouched",
    .axes = {PK_PAGES_AXIS("1,512")},
    .operation = "mprotect of a region to read-only and back; none of its pages has ever been touched",
    .state_size = sizeof(struct change),
    .setup = setup_untouched,
    .run = run,
    .verify = verify_untouched,
    .teardown = teardown,
};
