/* Changing protection in one thread, while its siblings sleep or run. */
#define _GNU_SOURCE
#include <time.h>

#include "benchmark.h"
#include "crew.h"
#include "flip.h"
#include "party.h"

enum { SIBLINGS_SLEEPING, SIBLINGS_SPINNING };

struct siblings {
    struct party party;
    int64_t doing;
};

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
    struct siblings *siblings = state;
    struct party *party = &siblings->party;
    int status = check_members(point[1]);

    siblings->doing = point[0];
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
    struct siblings *siblings = state;
    int status = pk_key_take(&siblings->party.key, PKEY_DISABLE_WRITE);

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

static int prove_siblings(const struct siblings *siblings)
{
    const struct pk_crew *crew = &siblings->party.crew;
    int status = 0;

    for (unsigned i = 1; i < crew->count && !status; i++)
        status = siblings->doing == SIBLINGS_SPINNING ? prove_spinning(crew, i) : prove_sleeping(crew, i);
    return status;
}

static int run_siblings(void *state, uint64_t loops)
{
    const struct party *party = state;

    return flip(&party->regions[0], loops);
}

static int verify_siblings(void *state)
{
    const struct siblings *siblings = state;
    int status = prove_siblings(siblings);

    return status ? status : prove_flip(&siblings->party.regions[0]);
}

static int run_siblings_keyed(void *state, uint64_t loops)
{
    const struct party *party = state;

    return flip_key(&party->regions[0], party->key.number, loops);
}

static int verify_siblings_keyed(void *state)
{
    const struct siblings *siblings = state;
    int status = prove_siblings(siblings);

    return status ? status : prove_flip_key(&siblings->party.regions[0], siblings->party.key.number);
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
    .state_size = sizeof(struct siblings), .setup = setup_siblings, .run = run_siblings, .verify = verify_siblings,
    .teardown = teardown,
};

PK_BENCHMARK(pkey_mprotect_siblings) = {
    .family = "threads", .name = "pkey-mprotect-siblings", .group = "siblings",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS, .headline = 1,
    .axes = {SIBLINGS_AXIS, THREADS_AXIS("threads, the one that changes keys included")},
    .operation = "pkey_mprotect of one page to a key that denies writing and back to key 0 by one thread",
    .state_size = sizeof(struct siblings), .setup = setup_siblings_keyed, .run = run_siblings_keyed,
    .verify = verify_siblings_keyed, .teardown = teardown,
};
