/* Context switches. If the next thread has another PKRU, the kernel has to write the register. A PKRU of 0 is the state
 * that XSAVE calls initial: an XSAVE that optimizes for it need not save the register. */
#define _GNU_SOURCE
#include <sys/resource.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "parallel/peer.h"

enum { PKRU_EQUAL, PKRU_DIFFERENT, PKRU_ZERO, PKRU_ONE_ZERO }; /* in the order of the labels */
enum { JUST_ANSWER, TELL_PKRU };

#define REQUESTS 8

struct pair {
    struct pk_peer peer;
    struct pk_key key;
    uint32_t this, other;       /* each thread's PKRU */
    volatile uint32_t reported; /* the PKRU that it reports */
};

static int join_keyed(void *state)
{
    const struct pair *pair = state;

    pk_wrpkru(pair->other);
    return 0;
}

static int answer_keyed(void *state, int request)
{
    struct pair *pair = state;

    if (request == TELL_PKRU)
        pair->reported = pk_rdpkru();
    return 0;
}

static const struct pk_peer_work plain = {0};
static const struct pk_peer_work keyed = {.join = join_keyed, .answer = answer_keyed};

/* By pipe, because a futex wait here needs a timer. */
static int start(struct pair *pair, const struct pk_peer_work *work)
{
    return pk_peer_start(&pair->peer, PK_PEER_THREAD, PK_PEER_PIPE, PK_PEER_SAME_CPU, work, pair);
}

static int setup_plain(void *state, const int64_t *point)
{
    (void)point;
    return start(state, &plain);
}

/* Not key.open: that is 0 if PKRU denied nothing before. */
static uint32_t other_than_zero(const struct pair *pair)
{
    return pk_pkru_with(pair->key.closed, pair->key.number, PKEY_DISABLE_ACCESS);
}

static int setup(void *state, const int64_t *point)
{
    struct pair *pair = state;
    int status = pk_key_take(&pair->key, PKEY_DISABLE_WRITE);

    if (status)
        return status;
    pair->this = point[0] == PKRU_ZERO ? 0 : pair->key.closed;
    pair->other = point[0] == PKRU_EQUAL ? pair->key.closed : point[0] == PKRU_DIFFERENT ? other_than_zero(pair) : 0;
    pk_wrpkru(pair->this);
    return start(pair, &keyed);
}

static void teardown(void *state)
{
    struct pair *pair = state;

    pk_peer_end(&pair->peer);
    pk_key_give_back(&pair->key);
}

static int run(void *state, uint64_t loops)
{
    struct pair *pair = state;
    int status = 0;

    PK_REPEAT(loops)
        status |= pk_peer_ask(&pair->peer, JUST_ANSWER);
    return status;
}

static long count_switches(void)
{
    struct rusage usage;

    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_nvcsw + usage.ru_nivcsw;
}

/* This thread gives up the CPU once for each request, voluntarily or by preemption. */
static int verify_plain(void *state)
{
    struct pair *pair = state;
    unsigned long answered = pk_peer_answered(&pair->peer);
    long switches = count_switches();

    if (run(state, REQUESTS))
        return pk_disprove("the other thread did not answer");
    switches = count_switches() - switches;
    answered = pk_peer_answered(&pair->peer) - answered;
    if (answered != REQUESTS)
        return pk_disprove("the other thread answered %lu times instead of %d", answered, REQUESTS);
    return switches >= REQUESTS ? 0
                                : pk_disprove("there were %ld context switches for %d requests", switches, REQUESTS);
}

static int prove_pkru(const char *whose, uint32_t now, uint32_t expected)
{
    return now == expected ? 0 : pk_disprove("%s thread's PKRU is 0x%08x instead of 0x%08x", whose, now, expected);
}

/* Each has its own PKRU after the switches between them. */
static int verify(void *state)
{
    struct pair *pair = state;
    int status = verify_plain(state);

    if (!status && pk_peer_ask(&pair->peer, TELL_PKRU))
        status = pk_disprove("the other thread did not answer");
    if (!status)
        status = prove_pkru("the other", pair->reported, pair->other);
    return status ? status : prove_pkru("this", pk_rdpkru(), pair->this);
}

PK_BENCHMARK(context_switch_plain) = {
    .family = "kernel",
    .name = "context-switch-plain",
    .needs = PK_NEEDS_THREADS,
    .operation =
        "send a request by pipe to another thread on the same CPU and get its answer by pipe: two context switches",
    .state_size = sizeof(struct pair),
    .setup = setup_plain,
    .run = run,
    .verify = verify_plain,
    .teardown = teardown,
};

#define PKRU_LABELS "equal,different,zero,one-zero"

PK_BENCHMARK(context_switch) = {
    .family = "kernel",
    .name = "context-switch",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .axes = {{.name = "pkru",
              .meaning = "PKRU of the two threads: equal and not 0, different and neither of them 0, both 0, or one of "
                         "them 0",
              .labels = PKRU_LABELS,
              .points = PKRU_LABELS,
              .quick = PKRU_LABELS}},
    .operation = "send a request by pipe to another thread on the same CPU and get its answer by pipe: two context "
                 "switches, each keeping PKRU",
    .state_size = sizeof(struct pair),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
