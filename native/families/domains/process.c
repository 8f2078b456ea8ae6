/* The same domains without keys: each belongs to a process of its own, which is asked to store. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>

#include "domains.h"
#include "parallel/peer.h"

/* Memory of a process besides its pages: page tables, kernel stack, and its copies of the parent's pages. */
#define PROCESS_BYTES (512u << 10)

struct owner {
    struct pk_peer peer;
    struct pk_region region; /* mapped only in the process */
    size_t pages;
};

struct owners {
    struct owner *at;
    unsigned count;
    struct accesses accesses;
    unsigned char value;
};

/* Requests below this value: the byte to store. From this value on: the byte that must be there. */
enum { ASK_WHETHER = 256 };
enum { BADLY_MAPPED = -1, ANOTHER_BYTE = -2 };

static int join(void *state)
{
    struct owner *owner = state;

    return pk_region_map(&owner->region, owner->pages);
}

static int answer(void *state, int request)
{
    struct owner *owner = state;
    volatile unsigned char *byte = (unsigned char *)owner->region.base;

    if (request >= ASK_WHETHER)
        return pk_region_audit(&owner->region, WRITE, 0)  ? BADLY_MAPPED
               : *byte == (unsigned)request - ASK_WHETHER ? 0
                                                          : ANOTHER_BYTE;
    *byte = (unsigned char)request;
    return 0;
}

static const struct pk_peer_work owning = {.join = join, .answer = answer};

/* All processes run on the asker's CPU, to compare with benchmarks that do the work there in one thread. */
static int setup(void *state, const int64_t *point)
{
    struct owners *owners = state;
    int status = 0;

    owners->at = calloc((size_t)point[0], sizeof *owners->at);
    if (!owners->at)
        return pk_error(ENOMEM, "allocate the list of processes");
    accesses_fill(&owners->accesses, (enum pattern)point[2], (unsigned)point[0]);
    while (owners->count < (unsigned)point[0] && !status) {
        struct owner *owner = &owners->at[owners->count++];

        owner->pages = (size_t)point[1];
        status = pk_peer_start(&owner->peer, PK_PEER_PROCESS, PK_PEER_FUTEX, PK_PEER_SAME_CPU, &owning, owner);
    }
    return status == -EAGAIN ? pk_skip("no more than %u processes can be started: raise `ulimit -u`, or the "
                                       "container's limit on processes",
                                       owners->count - 1)
                             : status;
}

static void teardown(void *state)
{
    struct owners *owners = state;

    /* End the last process first: each restores the CPU affinity that it found. */
    while (owners->count)
        pk_peer_end(&owners->at[--owners->count].peer);
    free(owners->at);
}

static int run_process(void *state, uint64_t loops)
{
    struct owners *owners = state;
    int value = owners->value, status = 0;

    PK_REPEAT(loops * ACCESSES)
        status |= pk_peer_ask(&owners->at[accesses_next(&owners->accesses)].peer, value);
    return status;
}

static int prove_owner(struct owner *owner, unsigned char value)
{
    int status = pk_peer_ask(&owner->peer, ASK_WHETHER + value);

    if (pk_peer_id(&owner->peer) == getpid())
        return pk_disprove("a domain belongs to the process that asks");
    if (status == BADLY_MAPPED)
        return pk_disprove("a process's pages are not resident in a VMA of their own");
    if (status == ANOTHER_BYTE)
        return pk_disprove("a process did not store what it was asked to");
    return status;
}

/* First every process stores another byte than the one expected later. A process that holds the expected byte must
 * have been asked. */
static int verify(void *state)
{
    struct owners *owners = state;
    bool entered[DOMAINS_MAX] = {false};
    unsigned char before = ++owners->value;
    int status = 0;

    for (unsigned i = 0; i < owners->count && !status; i++)
        status = pk_peer_ask(&owners->at[i].peer, before);
    owners->value++;
    owners->accesses.next = 0;
    if (!status)
        status = pk_prove_runs(run_process, state);
    for (unsigned i = 0; i < ACCESSES; i++)
        entered[owners->accesses.domains[i]] = true;
    for (unsigned i = 0; i < owners->count && !status; i++)
        status = prove_owner(&owners->at[i], entered[i] ? owners->value : before);
    return status;
}

static uint64_t memory(const int64_t *point)
{
    return domains_memory(point) + (uint64_t)point[0] * PROCESS_BYTES;
}

PK_BENCHMARK(process) = {
    .family = "domains",
    .name = "process",
    .group = "domains",
    .needs = PK_NEEDS_THREADS,
    .inner_loops = ACCESSES,
    .axes = {DOMAINS_FEW, DOMAIN_PAGES_AXIS, PATTERN_AXIS},
    .operation =
        "ask one of many processes on this CPU by futex to store a byte into its memory, and wait for its answer",
    .state_size = sizeof(struct owners),
    .memory = memory,
    .support = domains_support,
    .setup = setup,
    .run = run_process,
    .verify = verify,
    .teardown = teardown,
};
