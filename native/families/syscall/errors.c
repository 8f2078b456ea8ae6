/* Calls that the kernel refuses, or that have nothing to do: the cost of the error path. mprotect of no bytes is the
 * fixed overhead (floor) of the calls that do something: entry, arguments, exit. getppid does more than that. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"

struct refused {
    struct pk_region region;
    char *address;
    size_t length;
    int pkey;
    int expected; /* return value of the call */
    int taken[PK_KEYS_MAX];
    uint32_t before; /* PKRU as found */
};

static int setup_region(struct refused *refused, size_t offset, size_t length, int expected)
{
    int status = pk_region_map(&refused->region, 1);

    refused->address = refused->region.base + offset;
    refused->length = length;
    refused->expected = expected;
    return status;
}

static int setup_unaligned(void *state, const int64_t *point)
{
    (void)point;
    return setup_region(state, 1, pk_page_size(), -EINVAL);
}

static int setup_length_0(void *state, const int64_t *point)
{
    (void)point;
    return setup_region(state, 0, 0, 0);
}

/* A key that has just been freed: the kernel no longer knows it. */
static int setup_bad_key(void *state, const int64_t *point)
{
    struct refused *refused = state;
    struct pk_key key = {0};
    int status = pk_key_take(&key, PKEY_DISABLE_WRITE);

    (void)point;
    if (status)
        return status;
    refused->pkey = key.number;
    pk_key_give_back(&key);
    return setup_region(state, 0, pk_page_size(), -EINVAL);
}

static int setup_no_key_left(void *state, const int64_t *point)
{
    struct refused *refused = state;
    unsigned count = 0;

    (void)point;
    refused->before = pk_rdpkru();
    refused->expected = -ENOSPC;
    while (count < PK_KEYS_MAX && (refused->taken[count] = pk_pkey_alloc(0)) > 0)
        count++;
    return 0;
}

static void teardown_region(void *state)
{
    struct refused *refused = state;

    pk_region_unmap(&refused->region);
}

static void teardown_keys(void *state)
{
    struct refused *refused = state;

    for (int *pkey = refused->taken; *pkey > 0; pkey++)
        pk_pkey_free(*pkey);
    pk_wrpkru(refused->before);
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct refused *refused = state;
    char *address = refused->address;
    size_t length = refused->length;
    int expected = refused->expected, status = 0;

    PK_REPEAT(loops)
        status |= pk_mprotect(address, length, PROT_READ) ^ expected;
    return status;
}

static int run_pkey_mprotect(void *state, uint64_t loops)
{
    const struct refused *refused = state;
    char *address = refused->address;
    size_t length = refused->length;
    int expected = refused->expected, pkey = refused->pkey, status = 0;

    PK_REPEAT(loops)
        status |= pk_pkey_mprotect(address, length, PROT_READ, pkey) ^ expected;
    return status;
}

static int run_pkey_alloc(void *state, uint64_t loops)
{
    const struct refused *refused = state;
    int expected = refused->expected, status = 0;

    PK_REPEAT(loops)
        status |= pk_pkey_alloc(0) ^ expected;
    return status;
}

static int prove_returned(const char *call, int returned, int expected)
{
    return returned == expected ? 0 : pk_disprove("%s returned %d instead of %d", call, returned, expected);
}

/* The call returns what it should, and leaves the region unchanged. */
static int verify_mprotect(void *state)
{
    struct refused *refused = state;
    int status =
        prove_returned("mprotect", pk_mprotect(refused->address, refused->length, PROT_READ), refused->expected);

    return status ? status : pk_region_audit(&refused->region, PROT_READ | PROT_WRITE, 0);
}

static int verify_pkey_mprotect(void *state)
{
    struct refused *refused = state;
    int returned = pk_pkey_mprotect(refused->address, refused->length, PROT_READ, refused->pkey);
    int status = prove_returned("pkey_mprotect", returned, refused->expected);

    return status ? status : pk_region_audit(&refused->region, PROT_READ | PROT_WRITE, 0);
}

static int verify_pkey_alloc(void *state)
{
    struct refused *refused = state;
    int returned = pk_pkey_alloc(0);

    if (returned > 0)
        pk_pkey_free(returned);
    return prove_returned("pkey_alloc", returned, refused->expected);
}

PK_BENCHMARK(mprotect_unaligned) = {
    .family = "syscall",
    .name = "mprotect-unaligned",
    .floor = "instruction/empty-loop",
    .group = "refused",
    .operation = "mprotect of an address that is not page-aligned, refused with EINVAL",
    .state_size = sizeof(struct refused),
    .setup = setup_unaligned,
    .run = run_mprotect,
    .verify = verify_mprotect,
    .teardown = teardown_region,
};

PK_BENCHMARK(mprotect_length_0) = {
    .family = "syscall",
    .name = "mprotect-length-0",
    .floor = "instruction/empty-loop",
    .group = "refused",
    .operation = "mprotect of no bytes, which succeeds and changes nothing",
    .state_size = sizeof(struct refused),
    .setup = setup_length_0,
    .run = run_mprotect,
    .verify = verify_mprotect,
    .teardown = teardown_region,
};

PK_BENCHMARK(pkey_mprotect_bad_key) = {
    .family = "syscall",
    .name = "pkey-mprotect-bad-key",
    .needs = PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .group = "refused",
    .operation = "pkey_mprotect to a key that is not allocated, refused with EINVAL",
    .state_size = sizeof(struct refused),
    .setup = setup_bad_key,
    .run = run_pkey_mprotect,
    .verify = verify_pkey_mprotect,
    .teardown = teardown_region,
};

PK_BENCHMARK(pkey_alloc_refused) = {
    .family = "syscall",
    .name = "pkey-alloc-refused",
    .needs = PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .group = "refused",
    .operation = "pkey_alloc while every key is taken, refused with ENOSPC",
    .state_size = sizeof(struct refused),
    .setup = setup_no_key_left,
    .run = run_pkey_alloc,
    .verify = verify_pkey_alloc,
    .teardown = teardown_keys,
};
