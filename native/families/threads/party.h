/* What the benchmarks of threads share: a crew, and the memory that it works on. */
#pragma once

#include <stdlib.h>
#include <time.h>

#include "benchmark.h"
#include "cpus.h"
#include "crew.h"
#include "domain.h"
#include "pkey.h"
#include "region.h"

#define MEMBERS_MAX 4096

#define THREADS_AXIS(sense)                                                    \
    {                                                                          \
        .name = "threads", .meaning = sense, .points = "cpus", .quick = "cpus" \
    }

struct party {
    struct pk_crew crew;
    struct pk_region *regions; /* one a member, or just one */
    unsigned count;            /* of regions */
    struct pk_key key;
};

static inline int set_up_regions(struct party *party, unsigned count)
{
    party->regions = calloc(count, sizeof *party->regions);
    if (!party->regions)
        return pk_error(ENOMEM, "allocate the regions");
    party->count = count;
    return 0;
}

static inline void teardown(void *state)
{
    struct party *party = state;

    pk_crew_end(&party->crew);
    for (unsigned i = 0; party->regions && i < party->count; i++)
        pk_region_unmap(&party->regions[i]);
    free(party->regions);
    pk_key_give_back(&party->key);
}

static inline int check_members(int64_t members)
{
    return members <= MEMBERS_MAX ? 0 : pk_skip("more than %d threads are not supported", MEMBERS_MAX);
}

static inline int measure_crew(void *state, uint64_t loops, struct pk_value *value)
{
    struct party *party = state;

    return pk_crew_measure(&party->crew, loops, value);
}

static inline int verify_crew(void *state)
{
    struct party *party = state;

    return pk_crew_verify(&party->crew);
}

static inline void wait_milliseconds(long milliseconds)
{
    struct timespec time = {.tv_sec = milliseconds / 1000, .tv_nsec = milliseconds % 1000 * 1000000};

    nanosleep(&time, NULL);
}

/* A member that has nothing to do may only be about to sleep: it has just done something. */
static inline int prove_asleep(const struct pk_crew *crew, unsigned member)
{
    int status = 0;

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        status = pk_crew_prove_asleep(crew, member);
        if (status != PK_DISPROVED)
            return status;
        wait_milliseconds(milliseconds);
    }
    return status;
}

/* Where two threads share a CPU, what one does to the other is wait for its turn. */
static inline int support_two_cpus(const int64_t *point)
{
    int cpus[2];

    (void)point;
    return pk_last_cpus(cpus, 2) == 2 ? 0 : pk_skip("it takes two CPUs, and this process may use one");
}
