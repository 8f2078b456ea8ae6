/* Opening and closing one key in every thread at once. Each thread stores into its own page under the key. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "memory/trap.h"
#include "parallel/thread_team.h"
#include "thread_fixture.h"

static int join_keyed(void *state, unsigned member)
{
    struct thread_fixture *fixture = state;
    int status = pk_region_map(&fixture->regions[member], 1);

    if (!status &&
        pk_pkey_mprotect(fixture->regions[member].base, pk_page_size(), PROT_READ | PROT_WRITE, fixture->key.number))
        status = pk_error(EINVAL, "pkey_mprotect");
    pk_wrpkru(fixture->key.closed);
    return status;
}

static int run_keyed(void *state, unsigned member, uint64_t loops)
{
    const struct thread_fixture *fixture = state;
    uint32_t open = fixture->key.open, closed = fixture->key.closed;
    volatile char *byte = fixture->regions[member].base;

    PK_REPEAT(loops) {
        pk_wrpkru(open);
        *byte = (char)left_;
        pk_wrpkru(closed);
    }
    return 0;
}

static int verify_keyed(void *state, unsigned member)
{
    const struct thread_fixture *fixture = state;
    const struct pk_region *region = &fixture->regions[member];
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, fixture->key.number);

    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, fixture->key.number);
    if (status)
        return status;
    pk_wrpkru(fixture->key.open);
    *region->base = 0;
    run_keyed(state, member, 1);
    if (*(volatile char *)region->base != 1)
        return pk_disprove("the store between opening and closing did not happen");
    return pk_prove_refused(PK_STORE, region->base, fixture->key.number);
}

static const struct pk_team_work keyed = {.join = join_keyed, .run = run_keyed, .verify = verify_keyed};

static int setup_keyed(void *state, const int64_t *point)
{
    struct thread_fixture *fixture = state;
    int status = check_members(point[0]);

    if (!status)
        status = pk_key_take(&fixture->key, PKEY_DISABLE_WRITE);
    if (!status)
        status = set_up_regions(fixture, (unsigned)point[0]);
    return status ? status : pk_team_start(&fixture->team, (unsigned)point[0], PK_TEAM_THREADS, &keyed, state);
}

PK_BENCHMARK(pkey_set_own) = {
    .family = "threads",
    .name = "pkey-set-own",
    .group = "own",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .headline = 1,
    .axes = {THREADS_AXIS("threads that open and close a key at the same time")},
    .operation = "open a key by WRPKRU, store a byte into a page of the thread's own, close the key, in every thread",
    .state_size = sizeof(struct thread_fixture),
    .setup = setup_keyed,
    .measure = measure_team,
    .verify = verify_team,
    .teardown = teardown,
};
