/* Allocating and freeing a key, with no other keys or while others are allocated. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"

struct taken {
    struct pk_key keys[PK_KEYS_MAX];
    unsigned count;
    uint32_t before; /* PKRU as found */
};

/* The C library or other code of the process may already hold some keys. */
static int support(const int64_t *point)
{
    unsigned keys = pk_machine_probe()->keys;

    return point[0] < keys ? 0 : pk_skip("%u keys can be had, and %lld are needed", keys, (long long)point[0] + 1);
}

static int setup_alone(void *state, const int64_t *point)
{
    struct taken *taken = state;

    (void)point;
    taken->before = pk_rdpkru();
    return 0;
}

static int setup_among(void *state, const int64_t *point)
{
    struct taken *taken = state;

    taken->before = pk_rdpkru();
    for (; taken->count < (unsigned)point[0]; taken->count++) {
        int status = pk_key_take(&taken->keys[taken->count], PKEY_DISABLE_WRITE);

        if (status)
            return status;
    }
    return 0;
}

static void teardown(void *state)
{
    struct taken *taken = state;

    while (taken->count)
        pk_key_give_back(&taken->keys[--taken->count]);
    pk_wrpkru(taken->before);
}

static int run(void *state, uint64_t loops)
{
    int status = 0;

    (void)state;
    PK_REPEAT(loops) {
        int pkey = pk_pkey_alloc(0);
        status |= pkey < 0 ? pkey : pk_pkey_free(pkey);
    }
    return status;
}

/* pkey_alloc returns a key that is not allocated, with the requested rights. pkey_free frees it, and so does the
 * timed pair. */
static int verify(void *state)
{
    struct taken *taken = state;
    int first = pk_pkey_alloc(PKEY_DISABLE_WRITE), second, failed;

    if (first < 0)
        return pk_disprove("no key is left among %u taken", taken->count);
    for (unsigned i = 0; i < taken->count; i++)
        if (taken->keys[i].number == first)
            return pk_disprove("key %d was handed out twice", first);
    if (pk_pkru_rights(pk_rdpkru(), first) != PKEY_DISABLE_WRITE)
        return pk_disprove("pkey_alloc did not set the requested rights");
    failed = pk_pkey_free(first) | run(state, 2);
    second = pk_pkey_alloc(0);
    if (second > 0)
        pk_pkey_free(second);
    return !failed && second == first ? 0 : pk_disprove("key %d was not free again", first);
}

PK_BENCHMARK(pkey_alloc_free) = {
    .family = "syscall",
    .name = "pkey-alloc-free",
    .needs = PK_NEEDS_KEYS,
    .headline = 1,
    .floor = "instruction/empty-loop",
    .operation = "pkey_alloc with all rights allowed, and pkey_free of that key: two system calls",
    .state_size = sizeof(struct taken),
    .setup = setup_alone,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(pkey_alloc_free_among) = {
    .family = "syscall",
    .name = "pkey-alloc-free-among",
    .needs = PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .axes = {{.name = "taken", .meaning = "keys already allocated", .points = "1-14", .quick = "14"}},
    .operation = "pkey_alloc with all rights allowed, and pkey_free of that key, while other keys are allocated: two "
                 "system calls",
    .state_size = sizeof(struct taken),
    .support = support,
    .setup = setup_among,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
