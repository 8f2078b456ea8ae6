/* pkey_mprotect with key -1, which leaves the key as it is, and the equivalent mprotect. One operation is a change to
 * read-only and back. */
#define _GNU_SOURCE
#include <string.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

static int support(const int64_t *point)
{
    int status = pk_pkey_mprotect(NULL, 0, PROT_READ, -1); /* of no bytes */

    (void)point;
    return status ? pk_skip("the kernel has no pkey_mprotect, or refuses the call: %s", strerror(-status)) : 0;
}

static int setup(void *state, const int64_t *point)
{
    (void)point;
    return pk_region_map(state, 1);
}

static void teardown(void *state)
{
    pk_region_unmap(state);
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct pk_region *region = state;
    char *base = region->base;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, PROT_READ);
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    }
    return status;
}

static int run_minus_1(void *state, uint64_t loops)
{
    const struct pk_region *region = state;
    char *base = region->base;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, PROT_READ, -1);
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, -1);
    }
    return status;
}

static int plain_mprotect(void *address, size_t length, int prot, int pkey)
{
    (void)pkey;
    return pk_mprotect(address, length, prot);
}

/* Each half of the operation changes the page, and the timed pair leaves it writable. */
static int prove(struct pk_region *region, int (*change)(void *, size_t, int, int), int (*run)(void *, uint64_t))
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    if (!status && change(region->base, pk_page_size(), PROT_READ, -1))
        status = pk_disprove("the change to read-only failed");
    if (!status)
        status = pk_region_audit(region, PROT_READ, 0);
    if (!status)
        status = pk_prove_refused(PK_STORE, region->base, 0);
    if (change(region->base, pk_page_size(), PROT_READ | PROT_WRITE, -1) && !status)
        status = pk_disprove("the change back failed");
    if (!status && run(region, 1))
        status = pk_disprove("the operation failed");
    if (!status)
        status = pk_prove_allowed(PK_STORE, region->base);
    return status ? status : pk_region_audit(region, PROT_READ | PROT_WRITE, 0);
}

static int verify_mprotect(void *state)
{
    return prove(state, plain_mprotect, run_mprotect);
}

static int verify_minus_1(void *state)
{
    return prove(state, pk_pkey_mprotect, run_minus_1);
}

PK_BENCHMARK(mprotect_page) = {
    .family = "syscall",
    .name = "mprotect-page",
    .group = "page",
    .floor = "instruction/empty-loop",
    .operation = "mprotect of one page to read-only and back: two system calls",
    .state_size = sizeof(struct pk_region),
    .setup = setup,
    .run = run_mprotect,
    .verify = verify_mprotect,
    .teardown = teardown,
};

PK_BENCHMARK(pkey_mprotect_minus_1) = {
    .family = "syscall",
    .name = "pkey-mprotect-minus-1",
    .group = "page",
    .floor = "instruction/empty-loop",
    .operation =
        "pkey_mprotect of one page to read-only and back with key -1, which leaves the key as it is: two system calls",
    .support = support,
    .state_size = sizeof(struct pk_region),
    .setup = setup,
    .run = run_minus_1,
    .verify = verify_minus_1,
    .teardown = teardown,
};
