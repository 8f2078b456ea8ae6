/* Changing protection in one thread while all others keep reading the region from end to end. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

#define PAGES_AT_ONCE 64
#define READ_AT 64 /* offset in each page, away from the byte that the proof stores to */

/* At least one cache line for each thread, so that the readers do not slow each other down. */
struct reader {
    _Alignas(128) atomic_ullong pages; /* pages read so far */
    size_t next;                       /* the next page to read */
};

struct readers {
    struct thread_fixture fixture; /* region 0 is changed and read */
    struct reader *each;
    unsigned at_once; /* pages read before looking for a command */
};

/* Read one byte of each page. The region is readable all the time. */
static void sweep(void *state, unsigned member)
{
    struct readers *readers = state;
    struct reader *reader = &readers->each[member];
    const struct pk_region *region = &readers->fixture.regions[0];
    const volatile char *base = (const volatile char *)region->base;
    size_t page = pk_page_size();

    for (unsigned i = 0; i < readers->at_once; i++) {
        (void)base[reader->next * page + READ_AT];
        reader->next = reader->next + 1 < region->pages ? reader->next + 1 : 0;
    }
    atomic_fetch_add_explicit(&reader->pages, readers->at_once, memory_order_relaxed);
}

static const struct pk_team_work work = {.idle = sweep};

static int setup(void *state, const int64_t *point)
{
    struct readers *readers = state;
    struct thread_fixture *fixture = &readers->fixture;
    int64_t threads = point[1];
    int status = check_members(threads);

    readers->at_once = PAGES_AT_ONCE;
    if (!status)
        status = set_up_regions(fixture, 1);
    if (!status)
        status = pk_region_map(&fixture->regions[0], (size_t)point[0]);
    if (status)
        return status;
    readers->each = aligned_alloc(_Alignof(struct reader), (size_t)threads * sizeof *readers->each);
    if (!readers->each)
        return pk_error(ENOMEM, "allocate the readers");
    memset(readers->each, 0, (size_t)threads * sizeof *readers->each);
    return pk_team_start(&fixture->team, (unsigned)threads, PK_TEAM_THREADS, &work, readers);
}

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

static void teardown_readers(void *state)
{
    struct readers *readers = state;

    teardown(state);
    free(readers->each);
}

/* The reader may share this CPU, so wait longer and longer. */
static int prove_reading(const struct readers *readers, unsigned member)
{
    const atomic_ullong *pages = &readers->each[member].pages;
    uint64_t before = atomic_load_explicit(pages, memory_order_relaxed);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        wait_milliseconds(milliseconds);
        if (atomic_load_explicit(pages, memory_order_relaxed) > before + PAGES_AT_ONCE) /* some may be under way */
            return 0;
    }
    return pk_disprove("a thread that must read the region reads nothing");
}

static int run_readers(void *state, uint64_t loops)
{
    const struct thread_fixture *fixture = state;

    return protect_unprotect(&fixture->regions[0], loops);
}

static int verify(void *state)
{
    const struct readers *readers = state;
    int status = 0;

    for (unsigned i = 1; i < readers->fixture.team.count && !status; i++)
        status = prove_reading(readers, i);
    return status ? status : prove_protect_unprotect(&readers->fixture.regions[0]);
}

PK_BENCHMARK(mprotect_readers) = {
    .family = "threads",
    .name = "mprotect-readers",
    .needs = PK_NEEDS_THREADS,
    .axes =
        {{.name = "pages", .meaning = "resident 4 KiB pages in the region", .points = "1,512,16384", .quick = "512"},
         THREADS_AXIS("threads, including the one that changes protection")},
    .operation =
        "mprotect of a region to read-only and back by one thread, while all others keep reading it from end to end",
    .state_size = sizeof(struct readers),
    .memory = memory,
    .setup = setup,
    .run = run_readers,
    .verify = verify,
    .teardown = teardown_readers,
};
