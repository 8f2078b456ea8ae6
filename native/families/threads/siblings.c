/* Changing protection in one thread, while its siblings are busy in different ways. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "parallel/thread_team.h"
#include "protect_unprotect.h"
#include "thread_fixture.h"

#define TOUCHED_PAGES 8

/* In the order of the labels. */
enum { SIBLINGS_SLEEPING, SIBLINGS_SPINNING, SIBLINGS_CALLING, SIBLINGS_FAULTING, SIBLINGS_NONE };

/* At least one cache line for each thread, so that the siblings do not slow each other down. */
struct sibling {
    _Alignas(128) atomic_ullong calls; /* number of completed system calls */
    int thread;                        /* its id, for /proc */
};

struct siblings {
    struct thread_fixture fixture; /* region 0 changes; in each other region its thread takes page faults */
    struct sibling *each;
    int64_t doing;
    pid_t parent;
};

static int join(void *state, unsigned member)
{
    struct siblings *siblings = state;

    siblings->each[member].thread = (int)pk_syscall4(SYS_gettid, 0, 0, 0, 0);
    return 0;
}

static int join_faulting(void *state, unsigned member)
{
    struct siblings *siblings = state;

    join(state, member);
    return member ? pk_region_reserve(&siblings->fixture.regions[member], TOUCHED_PAGES) : 0;
}

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static void call(void *state, unsigned member)
{
    struct siblings *siblings = state;

    if (pk_getppid() == siblings->parent)
        atomic_fetch_add_explicit(&siblings->each[member].calls, 1, memory_order_relaxed);
}

static void fault(void *state, unsigned member)
{
    const struct siblings *siblings = state;
    const struct pk_region *region = &siblings->fixture.regions[member];
    size_t page = pk_page_size();

    for (size_t i = 0; i < region->pages; i++)
        ((volatile char *)region->base)[i * page] = 1;
    madvise(region->base, pk_region_length(region), MADV_DONTNEED);
}

static const struct pk_team_work works[] = {
    [SIBLINGS_SLEEPING] = {.join = join},
    [SIBLINGS_SPINNING] = {.join = join, .idle = spin},
    [SIBLINGS_CALLING] = {.join = join, .idle = call},
    [SIBLINGS_FAULTING] = {.join = join_faulting, .idle = fault},
    [SIBLINGS_NONE] = {.join = join},
};

static int set_up(struct siblings *siblings, int64_t doing, int64_t threads, size_t pages)
{
    struct thread_fixture *fixture = &siblings->fixture;
    int status = check_members(threads);

    siblings->doing = doing;
    siblings->parent = getppid();
    if (!status)
        status = set_up_regions(fixture, (unsigned)threads);
    if (!status)
        status = pk_region_map(&fixture->regions[0], pages);
    if (status)
        return status;
    siblings->each = aligned_alloc(_Alignof(struct sibling), (size_t)threads * sizeof *siblings->each);
    if (!siblings->each)
        return pk_error(ENOMEM, "allocate the siblings");
    memset(siblings->each, 0, (size_t)threads * sizeof *siblings->each);
    return pk_team_start(&fixture->team, (unsigned)threads, PK_TEAM_THREADS, &works[doing], siblings);
}

static int setup_threads(void *state, const int64_t *point)
{
    return set_up(state, point[0], point[1], 1);
}

static int setup_pages(void *state, const int64_t *point)
{
    return set_up(state, point[0], point[0] == SIBLINGS_NONE ? 1 : 2, (size_t)point[1]);
}

static int take_key(struct siblings *siblings)
{
    return pk_key_take(&siblings->fixture.key, PKEY_DISABLE_WRITE);
}

static int setup_threads_keyed(void *state, const int64_t *point)
{
    int status = take_key(state);

    return status ? status : setup_threads(state, point);
}

static int setup_pages_keyed(void *state, const int64_t *point)
{
    int status = take_key(state);

    return status ? status : setup_pages(state, point);
}

static void teardown_siblings(void *state)
{
    struct siblings *siblings = state;

    teardown(state);
    free(siblings->each);
}

/* Number of page faults of a thread according to /proc; 0 if unknown. */
static uint64_t faults_of(int thread)
{
    char path[64];
    unsigned long faults = 0;
    FILE *stat;

    snprintf(path, sizeof path, "/proc/self/task/%d/stat", thread);
    stat = fopen(path, "re");
    if (!stat)
        return 0;
    if (fscanf(stat, "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %lu", &faults) != 1)
        faults = 0;
    fclose(stat);
    return faults;
}

/* A number that grows while a sibling does what it must. */
static uint64_t progress(const struct siblings *siblings, unsigned member)
{
    const struct sibling *sibling = &siblings->each[member];

    switch (siblings->doing) {
    case SIBLINGS_CALLING:
        return atomic_load_explicit(&sibling->calls, memory_order_relaxed);
    case SIBLINGS_FAULTING:
        return faults_of(sibling->thread);
    default:
        return pk_team_idled(&siblings->fixture.team, member);
    }
}

/* Prove that a sibling makes progress while this thread waits. It may share this CPU, so wait longer and longer. */
static int prove_running(const struct siblings *siblings, unsigned member)
{
    static const char *const failures[] = {
        [SIBLINGS_SPINNING] = "a sibling that must spin does not run",
        [SIBLINGS_CALLING] = "a sibling that must make system calls makes none",
        [SIBLINGS_FAULTING] = "a sibling that must take page faults takes none",
    };
    uint64_t before = progress(siblings, member);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        wait_milliseconds(milliseconds);
        if (progress(siblings, member) > before + 1) /* one may have been under way */
            return 0;
    }
    return pk_disprove("%s", failures[siblings->doing]);
}

static int prove_siblings(const struct siblings *siblings)
{
    int status = 0;

    for (unsigned i = 1; i < siblings->fixture.team.count && !status; i++)
        status = siblings->doing == SIBLINGS_SLEEPING ? prove_asleep(&siblings->fixture.team, i)
                                                      : prove_running(siblings, i);
    return status;
}

static int run_siblings(void *state, uint64_t loops)
{
    const struct thread_fixture *fixture = state;

    return protect_unprotect(&fixture->regions[0], loops);
}

static int verify_siblings(void *state)
{
    const struct siblings *siblings = state;
    int status = prove_siblings(siblings);

    return status ? status : prove_protect_unprotect(&siblings->fixture.regions[0]);
}

static int run_siblings_keyed(void *state, uint64_t loops)
{
    const struct thread_fixture *fixture = state;

    return protect_unprotect_by_key(&fixture->regions[0], fixture->key.number, loops);
}

static int verify_siblings_keyed(void *state)
{
    const struct siblings *siblings = state;
    int status = prove_siblings(siblings);

    return status ? status
                  : prove_protect_unprotect_by_key(&siblings->fixture.regions[0], siblings->fixture.key.number);
}

#define RUNNING "sleeping,spinning,calling,faulting"

#define SIBLINGS_AXIS(all)                                                                        \
    {                                                                                             \
        .name = "siblings", .meaning = "what the other threads do", .labels = all, .points = all, \
        .quick = "sleeping,spinning"                                                              \
    }

/* Points around the flush ceiling of 33 pages, and what one page-table page maps. */
#define PAGES_AXIS                                                                                                    \
    {                                                                                                                 \
        .name = "pages", .meaning = "resident 4 KiB pages in the region", .points = "1,8,33,34,512", .quick = "33-34" \
    }

PK_BENCHMARK(mprotect_siblings) = {
    .family = "threads",
    .name = "mprotect-siblings",
    .group = "siblings",
    .needs = PK_NEEDS_THREADS,
    .headline = 1,
    .axes = {SIBLINGS_AXIS(RUNNING), THREADS_AXIS("threads, including the one that changes protection")},
    .operation = "mprotect of one page to read-only and back by one thread",
    .state_size = sizeof(struct siblings),
    .setup = setup_threads,
    .run = run_siblings,
    .verify = verify_siblings,
    .teardown = teardown_siblings,
};

PK_BENCHMARK(pkey_mprotect_siblings) = {
    .family = "threads",
    .name = "pkey-mprotect-siblings",
    .group = "siblings",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .headline = 1,
    .axes = {SIBLINGS_AXIS(RUNNING), THREADS_AXIS("threads, including the one that changes keys")},
    .operation = "pkey_mprotect of one page to a key that denies writing and back to key 0 by one thread",
    .state_size = sizeof(struct siblings),
    .setup = setup_threads_keyed,
    .run = run_siblings_keyed,
    .verify = verify_siblings_keyed,
    .teardown = teardown_siblings,
};

PK_BENCHMARK(mprotect_siblings_pages) = {
    .family = "threads",
    .name = "mprotect-siblings-pages",
    .group = "siblings-pages",
    .needs = PK_NEEDS_THREADS,
    .axes = {SIBLINGS_AXIS(RUNNING ",none"), PAGES_AXIS},
    .operation = "mprotect of a region to read-only and back by one thread that has one sibling or none",
    .state_size = sizeof(struct siblings),
    .setup = setup_pages,
    .run = run_siblings,
    .verify = verify_siblings,
    .teardown = teardown_siblings,
};

PK_BENCHMARK(pkey_mprotect_siblings_pages) = {
    .family = "threads",
    .name = "pkey-mprotect-siblings-pages",
    .group = "siblings-pages",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .axes = {SIBLINGS_AXIS(RUNNING ",none"), PAGES_AXIS},
    .operation =
        "pkey_mprotect of a region to a key that denies writing and back by one thread that has one sibling or none",
    .state_size = sizeof(struct siblings),
    .setup = setup_pages_keyed,
    .run = run_siblings_keyed,
    .verify = verify_siblings_keyed,
    .teardown = teardown_siblings,
};
