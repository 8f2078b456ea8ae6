/* Changing protection while other threads run, and by many threads or processes at once. */
#define _GNU_SOURCE
#include <stdlib.h>
#include <time.h>

#include "benchmark.h"
#include "crew.h"
#include "pkey.h"
#include "region.h"
#include "trap.h"

#define MEMBERS_MAX 4096

#define THREADS_AXIS(sense)                                                                                        \
    {                                                                                                              \
        .name = "threads", .meaning = sense, .points = "cpus", .quick = "cpus"                                     \
    }

struct party {
    struct pk_crew crew;
    struct pk_region *regions; /* one a member, or just one */
    unsigned count;            /* of regions */
    int pkey;
    uint32_t open, closed, before; /* values of PKRU */
    int64_t siblings;
};

static int set_up_regions(struct party *party, unsigned count)
{
    party->regions = calloc(count, sizeof *party->regions);
    if (!party->regions)
        return pk_error(ENOMEM, "allocate the regions");
    party->count = count;
    return 0;
}

static void teardown(void *state)
{
    struct party *party = state;

    pk_crew_end(&party->crew);
    for (unsigned i = 0; party->regions && i < party->count; i++)
        pk_region_unmap(&party->regions[i]);
    free(party->regions);
    if (party->pkey > 0) {
        pk_pkey_free(party->pkey);
        pk_wrpkru(party->before);
    }
}

static int take_key(struct party *party)
{
    party->before = pk_rdpkru();
    party->pkey = pk_pkey_alloc(PKEY_DISABLE_WRITE);
    if (party->pkey < 0)
        return pk_error(-party->pkey, "pkey_alloc");
    party->open = pk_pkru_with(party->before, party->pkey, 0);
    party->closed = pk_pkru_with(party->before, party->pkey, PKEY_DISABLE_WRITE);
    return 0;
}

static int check_members(int64_t members)
{
    return members <= MEMBERS_MAX ? 0 : pk_skip("more than %d threads are not supported", MEMBERS_MAX);
}

/* One operation: to read-only and back, by mprotect. */

static int flip(const struct pk_region *region, uint64_t loops)
{
    void *base = region->base;
    size_t length = pk_region_length(region);
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, PROT_READ);
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    }
    return status;
}

/* The same half by half, to prove that each changes something. */
static int prove_flip(const struct pk_region *region)
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    if (!status && pk_mprotect(region->base, pk_region_length(region), PROT_READ))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, 0);
    if (!status)
        status = pk_region_audit(region, PROT_READ, 0);
    if (pk_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE) && !status)
        status = pk_disprove("mprotect failed");
    return status ? status : pk_prove_allowed(PK_STORE, region->base);
}

/* And by key: to a key that denies writing and back to key 0. */

static int flip_key(const struct pk_region *region, int pkey, uint64_t loops)
{
    void *base = region->base;
    size_t length = pk_region_length(region);
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, pkey);
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, 0);
    }
    return status;
}

static int prove_flip_key(const struct pk_region *region, int pkey)
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    if (!status && pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE, pkey))
        status = pk_disprove("pkey_mprotect failed");
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, pkey);
    if (!status)
        status = pk_region_audit(region, PROT_READ | PROT_WRITE, pkey);
    if (pk_pkey_mprotect(region->base, pk_region_length(region), PROT_READ | PROT_WRITE, 0) && !status)
        status = pk_disprove("pkey_mprotect failed");
    return status ? status : pk_prove_allowed(PK_STORE, region->base);
}

/* One thread changes protection, its siblings sleep or spin. */

enum { SIBLINGS_SLEEPING, SIBLINGS_SPINNING };

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static const struct pk_crew_work sleeping = {0};
static const struct pk_crew_work spinning = {.idle = spin};

static int setup_siblings(void *state, const int64_t *point)
{
    struct party *party = state;
    int status = check_members(point[1]);

    party->siblings = point[0];
    if (!status)
        status = set_up_regions(party, 1);
    if (!status)
        status = pk_region_map(&party->regions[0], 1);
    if (!status)
        status = pk_crew_start(&party->crew, (unsigned)point[1], PK_CREW_THREADS,
                               point[0] == SIBLINGS_SPINNING ? &spinning : &sleeping, state);
    return status;
}

static int setup_siblings_keyed(void *state, const int64_t *point)
{
    int status = take_key(state);

    return status ? status : setup_siblings(state, point);
}

static void wait_milliseconds(long milliseconds)
{
    struct timespec time = {.tv_nsec = milliseconds * 1000000};

    nanosleep(&time, NULL);
}

/* A spinning sibling gets on with it while we wait; it may have to share its CPU, so wait longer and longer. */
static int prove_spinning(const struct pk_crew *crew, unsigned member)
{
    uint64_t before = pk_crew_idled(crew, member);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        wait_milliseconds(milliseconds);
        if (pk_crew_idled(crew, member) != before)
            return 0;
    }
    return pk_disprove("a sibling that must spin does not run");
}

static int prove_sleeping(const struct pk_crew *crew, unsigned member)
{
    int status = 0;

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        status = pk_crew_prove_asleep(crew, member);
        if (status != PK_DISPROVED)
            return status;
        wait_milliseconds(milliseconds); /* it may just have been woken by the proof before */
    }
    return status;
}

static int prove_siblings(const struct party *party)
{
    int status = 0;

    for (unsigned i = 1; i < party->crew.count && !status; i++)
        status = party->siblings == SIBLINGS_SPINNING ? prove_spinning(&party->crew, i) : prove_sleeping(&party->crew, i);
    return status;
}

static int run_siblings(void *state, uint64_t loops)
{
    const struct party *party = state;

    return flip(&party->regions[0], loops);
}

static int verify_siblings(void *state)
{
    struct party *party = state;
    int status = prove_siblings(party);

    return status ? status : prove_flip(&party->regions[0]);
}

static int run_siblings_keyed(void *state, uint64_t loops)
{
    const struct party *party = state;

    return flip_key(&party->regions[0], party->pkey, loops);
}

static int verify_siblings_keyed(void *state)
{
    struct party *party = state;
    int status = prove_siblings(party);

    return status ? status : prove_flip_key(&party->regions[0], party->pkey);
}

#define SIBLINGS_AXIS                                                                                              \
    {                                                                                                              \
        .name = "siblings", .meaning = "what the other threads do", .labels = "sleeping,spinning",                 \
        .points = "sleeping,spinning", .quick = "sleeping,spinning"                                                \
    }

PK_BENCHMARK(mprotect_siblings) = {
    .family = "threads", .name = "mprotect-siblings", .group = "siblings", .needs = PK_NEEDS_THREADS, .headline = 1,
    .axes = {SIBLINGS_AXIS, THREADS_AXIS("threads, the one that changes protection included")},
    .operation = "mprotect of one page to read-only and back by one thread",
    .state_size = sizeof(struct party), .setup = setup_siblings, .run = run_siblings, .verify = verify_siblings,
    .teardown = teardown,
};

PK_BENCHMARK(pkey_mprotect_siblings) = {
    .family = "threads", .name = "pkey-mprotect-siblings", .group = "siblings",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS, .headline = 1,
    .axes = {SIBLINGS_AXIS, THREADS_AXIS("threads, the one that changes keys included")},
    .operation = "pkey_mprotect of one page to a key that denies writing and back to key 0 by one thread",
    .state_size = sizeof(struct party), .setup = setup_siblings_keyed, .run = run_siblings_keyed,
    .verify = verify_siblings_keyed, .teardown = teardown,
};

/* Every thread, or every process, changes a region of its own. */

static int measure_crew(void *state, uint64_t loops, struct pk_value *value)
{
    struct party *party = state;

    return pk_crew_measure(&party->crew, loops, value);
}

static int join_own(void *state, unsigned member)
{
    struct party *party = state;

    return pk_region_map(&party->regions[member], 1);
}

static int run_own(void *state, unsigned member, uint64_t loops)
{
    const struct party *party = state;

    return flip(&party->regions[member], loops);
}

static int verify_own(void *state, unsigned member)
{
    const struct party *party = state;

    return prove_flip(&party->regions[member]);
}

static const struct pk_crew_work own = {.join = join_own, .run = run_own, .verify = verify_own};

static int setup_own(void *state, const int64_t *point, enum pk_crew_kind kind)
{
    struct party *party = state;
    int status = check_members(point[0]);

    if (!status)
        status = set_up_regions(party, (unsigned)point[0]);
    return status ? status : pk_crew_start(&party->crew, (unsigned)point[0], kind, &own, state);
}

static int setup_own_region(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_CREW_THREADS);
}

static int setup_own_process(void *state, const int64_t *point)
{
    return setup_own(state, point, PK_CREW_PROCESSES);
}

static int verify_crew(void *state)
{
    struct party *party = state;

    return pk_crew_verify(&party->crew);
}

PK_BENCHMARK(mprotect_own_region) = {
    .family = "threads", .name = "mprotect-own-region", .group = "own", .needs = PK_NEEDS_THREADS, .headline = 1,
    .axes = {THREADS_AXIS("threads that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, by every thread of a process on a page of its own",
    .state_size = sizeof(struct party), .setup = setup_own_region, .measure = measure_crew, .verify = verify_crew,
    .teardown = teardown,
};

PK_BENCHMARK(mprotect_own_process) = {
    .family = "threads", .name = "mprotect-own-process", .group = "own", .needs = PK_NEEDS_THREADS, .headline = 1,
    .axes = {THREADS_AXIS("processes of one thread each that change protection at the same time")},
    .operation = "mprotect of one page to read-only and back, by every one of several processes",
    .state_size = sizeof(struct party), .setup = setup_own_process, .measure = measure_crew, .verify = verify_crew,
    .teardown = teardown,
};

/* Every thread opens and closes the same key for itself, and stores into a page of its own under it. */

static int join_keyed(void *state, unsigned member)
{
    struct party *party = state;
    int status = pk_region_map(&party->regions[member], 1);

    if (!status && pk_pkey_mprotect(party->regions[member].base, pk_page_size(), PROT_READ | PROT_WRITE, party->pkey))
        status = pk_error(EINVAL, "pkey_mprotect");
    pk_wrpkru(party->closed);
    return status;
}

static int run_keyed(void *state, unsigned member, uint64_t loops)
{
    const struct party *party = state;
    uint32_t open = party->open, closed = party->closed;
    volatile char *byte = party->regions[member].base;

    PK_REPEAT(loops) {
        pk_wrpkru(open);
        *byte = (char)left_;
        pk_wrpkru(closed);
    }
    return 0;
}

static int verify_keyed(void *state, unsigned member)
{
    const struct party *party = state;
    const struct pk_region *region = &party->regions[member];
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, party->pkey);

    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, party->pkey);
    if (status)
        return status;
    pk_wrpkru(party->open);
    *region->base = 0;
    run_keyed(state, member, 1);
    if (*(volatile char *)region->base != 1)
        return pk_disprove("the store between opening and closing did not happen");
    return pk_prove_refused(PK_STORE, region->base, party->pkey);
}

static const struct pk_crew_work keyed = {.join = join_keyed, .run = run_keyed, .verify = verify_keyed};

static int setup_keyed(void *state, const int64_t *point)
{
    struct party *party = state;
    int status = check_members(point[0]);

    if (!status)
        status = take_key(party);
    if (!status)
        status = set_up_regions(party, (unsigned)point[0]);
    return status ? status : pk_crew_start(&party->crew, (unsigned)point[0], PK_CREW_THREADS, &keyed, state);
}

PK_BENCHMARK(pkey_set_own) = {
    .family = "threads", .name = "pkey-set-own", .group = "own", .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS, .headline = 1,
    .axes = {THREADS_AXIS("threads that open and close a key at the same time")},
    .operation = "open a key by WRPKRU, store a byte into a page of its own, close it, by every thread",
    .state_size = sizeof(struct party), .setup = setup_keyed, .measure = measure_crew, .verify = verify_crew,
    .teardown = teardown,
};
