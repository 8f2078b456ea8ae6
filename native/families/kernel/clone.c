/* The life of a thread, which begins with a copy of its creator's PKRU. */
#define _GNU_SOURCE
#include <pthread.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "pkru.h"

struct creator {
    struct pkru pkru;
    void *(*body)(void *state); /* what a thread does */
    uint64_t ran;               /* number of threads that ran */
    uint32_t inherited;         /* PKRU of the last thread */
};

static void *end_at_once(void *state)
{
    struct creator *creator = state;

    creator->ran++;
    return NULL;
}

static void *tell_pkru(void *state)
{
    struct creator *creator = state;

    creator->inherited = pk_rdpkru();
    return end_at_once(state);
}

static int setup_plain(void *state, const int64_t *point)
{
    struct creator *creator = state;

    (void)point;
    creator->body = end_at_once;
    return 0;
}

static int setup(void *state, const int64_t *point)
{
    struct creator *creator = state;

    setup_plain(state, point);
    return pkru_set(&creator->pkru, point[0]);
}

static void teardown_plain(void *state)
{
    (void)state; /* all threads have been joined */
}

static void teardown(void *state)
{
    struct creator *creator = state;

    pkru_put_back(&creator->pkru);
}

static int run(void *state, uint64_t loops)
{
    const struct creator *creator = state;
    void *(*body)(void *) = creator->body;
    int status = 0;

    PK_REPEAT(loops) {
        pthread_t thread;
        int error = pthread_create(&thread, NULL, body, state);
        status |= error ? error : pthread_join(thread, NULL);
    }
    return -status;
}

static int verify_plain(void *state)
{
    struct creator *creator = state;
    uint64_t before = creator->ran;

    if (run(state, 2))
        return pk_disprove("a thread could not be created or joined");
    if (creator->ran - before != 2)
        return pk_disprove("%u threads ran instead of 2", (unsigned)(creator->ran - before));
    return 0;
}

static int verify(void *state)
{
    struct creator *creator = state;
    int status;

    creator->body = tell_pkru;
    status = verify_plain(state);
    creator->body = end_at_once;
    if (!status && creator->inherited != creator->pkru.value)
        status = pk_disprove("the thread's PKRU is 0x%08x instead of 0x%08x", creator->inherited, creator->pkru.value);
    return status ? status : pkru_prove(&creator->pkru);
}

PK_BENCHMARK(clone_plain) = {
    .family = "kernel",
    .name = "clone-plain",
    .needs = PK_NEEDS_THREADS,
    .operation = "create a thread that ends at once, by pthread_create, and join it",
    .state_size = sizeof(struct creator),
    .setup = setup_plain,
    .run = run,
    .verify = verify_plain,
    .teardown = teardown_plain,
};

PK_BENCHMARK(clone) = {
    .family = "kernel",
    .name = "clone",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .axes = {PKRU_AXIS("the creating thread's", "initial,changed")},
    .operation = "create a thread that inherits PKRU and ends at once, by pthread_create, and join it",
    .state_size = sizeof(struct creator),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
