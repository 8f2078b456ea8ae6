/* Single system calls: the kernel's entry and exit, and changes that change nothing. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

static int run_getppid(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        pk_getppid();
    return 0;
}

static int verify_getppid(void *state)
{
    (void)state;
    return pk_getppid() == getppid() ? 0 : pk_disprove("getppid returned %ld instead of %d", pk_getppid(), getppid());
}

PK_BENCHMARK(getppid) = {
    .family = "syscall",
    .name = "getppid",
    .headline = 1,
    .floor = "instruction/empty-loop",
    .operation = "getppid: the control case, a system call that does almost nothing",
    .run = run_getppid,
    .verify = verify_getppid,
};

/* A change to the current state: the kernel returns before it looks at a page. */
struct same {
    struct pk_region region;
    struct pk_key key;
};

static int setup_same(void *state, const int64_t *point)
{
    struct same *same = state;

    (void)point;
    return pk_region_map(&same->region, 1);
}

static int setup_same_key(void *state, const int64_t *point)
{
    struct same *same = state;
    int status = setup_same(state, point);

    if (status)
        return status;
    status = pk_key_take(&same->key, PKEY_DISABLE_WRITE);
    if (status)
        return status;
    status = pk_pkey_mprotect(same->region.base, pk_page_size(), PROT_READ | PROT_WRITE, same->key.number);
    return status ? pk_error(-status, "pkey_mprotect") : 0;
}

static void teardown_same(void *state)
{
    struct same *same = state;

    pk_region_unmap(&same->region);
    pk_key_give_back(&same->key);
}

static int run_mprotect_same(void *state, uint64_t loops)
{
    const struct same *same = state;
    void *base = same->region.base;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(loops)
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
    return status;
}

static int run_pkey_mprotect_same(void *state, uint64_t loops)
{
    const struct same *same = state;
    void *base = same->region.base;
    size_t length = pk_page_size();
    int pkey = same->key.number, status = 0;

    PK_REPEAT(loops)
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, pkey);
    return status;
}

static int verify_mprotect_same(void *state)
{
    struct same *same = state;
    int status = pk_region_audit(&same->region, PROT_READ | PROT_WRITE, 0);

    if (!status && run_mprotect_same(state, 1))
        status = pk_disprove("mprotect failed");
    if (!status)
        status = pk_region_audit(&same->region, PROT_READ | PROT_WRITE, 0);
    return status ? status : pk_prove_allowed(PK_STORE, same->region.base);
}

static int verify_pkey_mprotect_same(void *state)
{
    struct same *same = state;
    int status = pk_region_audit(&same->region, PROT_READ | PROT_WRITE, same->key.number);

    if (!status && run_pkey_mprotect_same(state, 1))
        status = pk_disprove("pkey_mprotect failed");
    if (!status)
        status = pk_region_audit(&same->region, PROT_READ | PROT_WRITE, same->key.number);
    return status ? status : pk_prove_refused(PK_STORE, same->region.base, same->key.number);
}

PK_BENCHMARK(mprotect_same) = {
    .family = "syscall",
    .name = "mprotect-same",
    .headline = 1,
    .floor = "syscall/mprotect-length-0",
    .group = "change-nothing",
    .operation = "mprotect of one page to the protection that it already has",
    .state_size = sizeof(struct same),
    .setup = setup_same,
    .run = run_mprotect_same,
    .verify = verify_mprotect_same,
    .teardown = teardown_same,
};

PK_BENCHMARK(pkey_mprotect_same) = {
    .family = "syscall",
    .name = "pkey-mprotect-same",
    .needs = PK_NEEDS_KEYS,
    .headline = 1,
    .floor = "syscall/mprotect-length-0",
    .group = "change-nothing",
    .operation = "pkey_mprotect of one page to the protection and the key that it already has",
    .state_size = sizeof(struct same),
    .setup = setup_same_key,
    .run = run_pkey_mprotect_same,
    .verify = verify_pkey_mprotect_same,
    .teardown = teardown_same,
};
