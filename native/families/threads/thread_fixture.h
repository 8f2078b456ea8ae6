/* What the benchmarks of threads share: a team of threads, and the memory that it works on. */
#pragma once

#include <stdlib.h>
#include <time.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "parallel/cpus.h"
#include "parallel/thread_team.h"

#define MEMBERS_MAX 4096

#define THREADS_AXIS(sense)                                                    \
    {                                                                          \
        .name = "threads", .meaning = sense, .points = "cpus", .quick = "cpus" \
    }

struct thread_fixture {
    struct pk_team team;
    struct pk_region *regions; /* one for each member, or a single one */
    unsigned count;            /* of regions */
    struct pk_key key;
};

static inline int set_up_regions(struct thread_fixture *fixture, unsigned count)
{
    fixture->regions = calloc(count, sizeof *fixture->regions);
    if (!fixture->regions)
        return pk_error(ENOMEM, "allocate the regions");
    fixture->count = count;
    return 0;
}

static inline void teardown(void *state)
{
    struct thread_fixture *fixture = state;

    pk_team_end(&fixture->team);
    for (unsigned i = 0; fixture->regions && i < fixture->count; i++)
        pk_region_unmap(&fixture->regions[i]);
    free(fixture->regions);
    pk_key_give_back(&fixture->key);
}

static inline int check_members(int64_t members)
{
    return members <= MEMBERS_MAX ? 0 : pk_skip("more than %d threads are not supported", MEMBERS_MAX);
}

static inline int measure_team(void *state, uint64_t loops, struct pk_value *value)
{
    struct thread_fixture *fixture = state;

    return pk_team_measure(&fixture->team, loops, value);
}

static inline int verify_team(void *state)
{
    struct thread_fixture *fixture = state;

    return pk_team_verify(&fixture->team);
}

static inline void wait_milliseconds(long milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* An idle member may be only about to sleep, because it has just worked: wait longer and longer. */
static inline int prove_asleep(const struct pk_team *team, unsigned member)
{
    int status = 0;

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        status = pk_team_prove_asleep(team, member);
        if (status != PK_DISPROVED)
            return status;
        wait_milliseconds(milliseconds);
    }
    return status;
}

/* On one CPU, two threads would only take turns. */
static inline int support_two_cpus(const int64_t *point)
{
    int cpus[2];

    (void)point;
    return pk_last_cpus(cpus, 2) == 2 ? 0 : pk_skip("needs two CPUs, and this process may use only one");
}
