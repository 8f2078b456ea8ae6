/* A key-value store in memory, like memcached. Its table is accessible only while a request is served. The
 * unprotected twin is the fixed overhead (floor) of the others. */
#define _GNU_SOURCE
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>

#include "clients.h"
#include "guard.h"
#include "parallel/thread_team.h"

#define SEED 1u          /* of the keys: the same on each run */
#define MEMBERS_MAX 1024 /* each member has keys of its own */

struct store {
    struct guard guard;
    pthread_mutex_t lock; /* needed where opening affects all threads */
    struct table_key *keys;
    struct client *clients;
    request *request;
    struct pk_team team;
};

static uint64_t memory(const int64_t *point)
{
    (void)point;
    return TABLE_SLOTS * sizeof(struct table_slot);
}

/* The keys are the same on each run, and are dealt out to the clients in equal shares. */
static int fill(struct store *store, unsigned clients)
{
    struct table_slot *slots = (struct table_slot *)store->guard.domain.region.base;
    uint64_t seed = SEED;

    store->keys = malloc(TABLE_KEYS * sizeof *store->keys);
    store->clients = aligned_alloc(_Alignof(struct client), clients * sizeof *store->clients);
    if (!store->keys || !store->clients)
        return pk_error(ENOMEM, "allocate the keys");
    for (size_t i = 0; i < TABLE_KEYS; i++) {
        store->keys[i] = table_draw(&seed);
        table_find(slots, &store->keys[i])->key = store->keys[i];
    }
    for (unsigned i = 0; i < clients; i++)
        store->clients[i] =
            (struct client){.keys = store->keys + i * (TABLE_KEYS / clients), .count = TABLE_KEYS / clients};
    return 0;
}

static int set_up_for(struct store *store, const int64_t *point, enum way way, unsigned clients)
{
    int status = pk_region_map(&store->guard.domain.region, memory(point) / pk_page_size());

    pthread_mutex_init(&store->lock, NULL);
    store->request = requests[point[0]];
    if (!status)
        status = fill(store, clients);
    return status ? status : guard_begin(&store->guard, way, PKEY_DISABLE_ACCESS);
}

static int set_up(struct store *store, const int64_t *point, enum way way)
{
    return set_up_for(store, point, way, 1);
}

static void teardown(void *state)
{
    struct store *store = state;

    pk_team_end(&store->team);
    guard_unmap(&store->guard);
    pthread_mutex_destroy(&store->lock);
    free(store->clients);
    free(store->keys);
}

__attribute__((always_inline)) static inline int serve_client(struct store *store, struct client *client,
                                                              uint64_t loops, enum way way, pthread_mutex_t *lock)
{
    const struct guard guard = store->guard;
    struct table_slot *slots = (struct table_slot *)guard.domain.region.base;
    request *request = store->request;
    int status = 0;

    PK_REPEAT(loops) {
        if (lock)
            pthread_mutex_lock(lock);
        status |= guard_open(&guard, way);
        status |= request(slots, client);
        status |= guard_close(&guard, way);
        if (lock)
            pthread_mutex_unlock(lock);
    }
    return status;
}

__attribute__((always_inline)) static inline int serve(struct store *store, uint64_t loops, enum way way)
{
    return serve_client(store, &store->clients[0], loops, way, NULL);
}

/* Read the value of a client's first key. */
static int look_up(struct store *store, const struct client *client, struct table_value *value)
{
    struct table_slot *slots = (struct table_slot *)store->guard.domain.region.base;
    int status = guard_open(&store->guard, store->guard.way);

    if (!status)
        status = pk_prove_allowed(PK_LOAD, store->guard.domain.region.base);
    if (!status)
        *value = table_find(slots, client->keys)->value;
    return status ? status : guard_close(&store->guard, store->guard.way);
}

/* Choose a value that differs from the one in the table. */
static int choose_value(struct store *store, struct client *client)
{
    int status = look_up(store, client, &client->value);

    for (size_t i = 0; i < sizeof client->value.word / sizeof client->value.word[0]; i++)
        client->value.word[i] = ~client->value.word[i] + i;
    return status;
}

/* After one request, client and table must hold the same value: the table's old value after a get, the client's value
 * after a set. */
static int prove_client(struct store *store, struct client *client, int (*run)(void *state, uint64_t loops),
                        void *state)
{
    struct table_value before, chosen, after;
    int status = guard_prove_closed(&store->guard);

    client->next = 0; /* look_up reads the first key */
    if (!status)
        status = look_up(store, client, &before);
    if (!status)
        status = choose_value(store, client);
    chosen = client->value;
    if (!status)
        status = guard_prove_request(&store->guard, run, state);
    if (!status)
        status = look_up(store, client, &after);
    if (status)
        return status;
    if (memcmp(&client->value, &after, sizeof after) != 0)
        return pk_disprove("the client and the table hold different values");
    if (memcmp(&after, store->request == set ? &chosen : &before, sizeof after) != 0)
        return pk_disprove("the value was not %s", store->request == set ? "set" : "got");
    return 0;
}

static int prove(struct store *store, int (*run)(void *state, uint64_t loops))
{
    return prove_client(store, &store->clients[0], run, store);
}

#define OPERATION_AXIS                                                                                             \
    {                                                                                                              \
        .name = "operation", .meaning = "request that the client makes", .labels = "get,set", .points = "get,set", \
        .quick = "get"                                                                                             \
    }

#define TABLE(identifier, text, way, key_needs, lower, sentence) \
    GUARD_FUNCTIONS(identifier, way)                             \
    PK_BENCHMARK(table_##identifier) = {                         \
        .family = "application",                                 \
        .name = text,                                            \
        .group = "table",                                        \
        .floor = lower,                                          \
        .needs = key_needs,                                      \
        .axes = {OPERATION_AXIS},                                \
        .operation = sentence,                                   \
        .state_size = sizeof(struct store),                      \
        .memory = memory,                                        \
        .setup = setup_##identifier,                             \
        .run = run_##identifier,                                 \
        .verify = verify_##identifier,                           \
        .teardown = teardown,                                    \
    };

#define TWIN "application/table-unprotected"

TABLE(unprotected, "table-unprotected", UNPROTECTED, 0, "instruction/empty-loop",
      "get or set a value in a hash table that is always accessible")
TABLE(key, "table-key", BY_KEY, PK_NEEDS_KEYS, TWIN,
      "allow access to a hash table by WRPKRU, get or set a value, deny access by WRPKRU")
TABLE(mprotect, "table-mprotect", BY_MPROTECT, 0, TWIN,
      "make a hash table accessible by mprotect, get or set a value, make it inaccessible by mprotect")

/* Several threads, each with its own keys. */

static int set_up_threads(struct store *store, const int64_t *point, enum way way, const struct pk_team_work *work)
{
    int status;

    if (point[1] > MEMBERS_MAX)
        return pk_skip("more than %d threads are not supported", MEMBERS_MAX);
    status = set_up_for(store, point, way, (unsigned)point[1]);
    return status ? status : pk_team_start(&store->team, (unsigned)point[1], PK_TEAM_THREADS, work, store);
}

static int measure_threads(void *state, uint64_t loops, struct pk_value *value)
{
    struct store *store = state;

    return pk_team_measure(&store->team, loops, value);
}

struct turn {
    struct store *store;
    unsigned member;
};

static int take_turn(void *state, uint64_t loops)
{
    const struct turn *turn = state;

    return turn->store->team.work->run(turn->store, turn->member, loops);
}

static int verify_member(void *state, unsigned member)
{
    struct store *store = state;
    struct turn turn = {.store = store, .member = member};

    return prove_client(store, &store->clients[member], take_turn, &turn);
}

static int verify_threads(void *state)
{
    struct store *store = state;

    return pk_team_verify(&store->team);
}

#define THREADS_AXIS                                                                                        \
    {                                                                                                       \
        .name = "threads", .meaning = "threads that make requests at the same time, each for its own keys", \
        .points = "cpus", .quick = "cpus"                                                                   \
    }

#define TABLE_THREADS(identifier, text, way, lock, key_needs, lower, sentence)                 \
    static int run_threads_##identifier(void *state, unsigned member, uint64_t loops)          \
    {                                                                                          \
        struct store *store = state;                                                           \
        return serve_client(store, &store->clients[member], loops, way, lock);                 \
    }                                                                                          \
    static const struct pk_team_work threads_##identifier = {.verify = verify_member,          \
                                                             .run = run_threads_##identifier}; \
    static int setup_threads_##identifier(void *state, const int64_t *point)                   \
    {                                                                                          \
        return set_up_threads(state, point, way, &threads_##identifier);                       \
    }                                                                                          \
    PK_BENCHMARK(table_threads_##identifier) = {                                               \
        .family = "application",                                                               \
        .name = text,                                                                          \
        .group = "table-threads",                                                              \
        .floor = lower,                                                                        \
        .needs = PK_NEEDS_THREADS | (key_needs),                                               \
        .axes = {OPERATION_AXIS, THREADS_AXIS},                                                \
        .operation = sentence,                                                                 \
        .state_size = sizeof(struct store),                                                    \
        .memory = memory,                                                                      \
        .setup = setup_threads_##identifier,                                                   \
        .measure = measure_threads,                                                            \
        .verify = verify_threads,                                                              \
        .teardown = teardown,                                                                  \
    };

#define THREADS_TWIN "application/table-threads-unprotected"

TABLE_THREADS(unprotected, "table-threads-unprotected", UNPROTECTED, NULL, 0, NULL,
              "get or set a value in a hash table that is always accessible, in every thread")
TABLE_THREADS(key, "table-threads-key", BY_KEY, NULL, PK_NEEDS_KEYS, THREADS_TWIN,
              "allow access to a hash table by WRPKRU, get or set a value, deny access by WRPKRU, in every thread")
TABLE_THREADS(mprotect, "table-threads-mprotect", BY_MPROTECT, &store->lock, 0, THREADS_TWIN,
              "make a hash table accessible by mprotect, get or set a value, make it inaccessible by mprotect, in "
              "every thread, one at a time under a lock")
