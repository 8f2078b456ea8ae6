/* The headline cases: open a region for writing, store one byte, close it, in every possible way. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"
#include "pages.h"

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

static int setup_plain(void *state, const int64_t *point)
{
    struct pk_domain *domain = state;
    int status = pk_region_map(&domain->region, (size_t)point[0]);

    if (!status && pk_mprotect(domain->region.base, pk_region_length(&domain->region), PROT_READ))
        status = pk_error(EINVAL, "mprotect");
    return status;
}

static int setup_keyed(void *state, const int64_t *point)
{
    return pk_domain_map(state, (size_t)point[0], PKEY_DISABLE_WRITE);
}

/* Also works without a key: its number is then 0. */
static void teardown(void *state)
{
    pk_domain_unmap(state);
}

/* Clear the byte by other means than the timed ones. */
static int clear_byte(const struct pk_domain *domain)
{
    int status;

    if (domain->key.number)
        pk_wrpkru(domain->key.open);
    else
        pk_mprotect(domain->region.base, pk_page_size(), PROT_READ | PROT_WRITE);
    status = pk_prove_allowed(PK_STORE, domain->region.base);
    if (!status)
        *(volatile char *)domain->region.base = 0;
    if (domain->key.number)
        pk_wrpkru(domain->key.closed);
    else
        pk_mprotect(domain->region.base, pk_page_size(), PROT_READ);
    return status;
}

/* The region is closed, one iteration really stores, and the region is closed again. */
static int prove_round(void *state, int (*run)(void *, uint64_t))
{
    const struct pk_domain *domain = state;
    int status;

    status = clear_byte(domain);
    if (!status)
        status = pk_domain_prove_closed(domain);
    if (!status)
        status = pk_prove_runs(run, state);
    if (status)
        return status;
    if (*(volatile char *)domain->region.base != 1)
        return pk_disprove("the store between opening and closing did not happen");
    return pk_domain_prove_closed(domain);
}

static int run_raw(void *state, uint64_t loops)
{
    const struct pk_domain *domain = state;
    uint32_t open = domain->key.open, closed = domain->key.closed;
    volatile char *byte = domain->region.base;

    PK_REPEAT(loops) {
        pk_wrpkru(open);
        *byte = (char)left_;
        pk_wrpkru(closed);
    }
    return 0;
}

static int run_inline(void *state, uint64_t loops)
{
    const struct pk_domain *domain = state;
    int pkey = domain->key.number;
    volatile char *byte = domain->region.base;

    PK_REPEAT(loops) {
        pk_set_rights(pkey, 0);
        *byte = (char)left_;
        pk_set_rights(pkey, PKEY_DISABLE_WRITE);
    }
    return 0;
}

static int run_glibc(void *state, uint64_t loops)
{
#if PK_HAS_GLIBC_PKEYS
    const struct pk_domain *domain = state;
    int pkey = domain->key.number;
    volatile char *byte = domain->region.base;

    PK_REPEAT(loops) {
        pkey_set(pkey, 0);
        pk_barrier(); /* glibc's pkey_set is no barrier: the store could move out of the open section */
        *byte = (char)left_;
        pk_barrier();
        pkey_set(pkey, PKEY_DISABLE_WRITE);
    }
#else
    (void)state;
    (void)loops;
#endif
    return 0;
}

static int run_pkey_mprotect(void *state, uint64_t loops)
{
    const struct pk_domain *domain = state;
    size_t length = pk_region_length(&domain->region);
    volatile char *byte = domain->region.base;
    void *base = domain->region.base;
    int pkey = domain->key.number, status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, 0);
        *byte = (char)left_;
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, pkey);
    }
    return status;
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct pk_domain *domain = state;
    size_t length = pk_region_length(&domain->region);
    volatile char *byte = domain->region.base;
    void *base = domain->region.base;
    int status = 0;

    PK_REPEAT(loops) {
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
        *byte = (char)left_;
        status |= pk_mprotect(base, length, PROT_READ);
    }
    return status;
}

#define SWITCH(identifier, text, timed, key_needs, set_up, shown, sentence) \
    static int verify_##identifier(void *state)                             \
    {                                                                       \
        return prove_round(state, timed);                                   \
    }                                                                       \
    PK_BENCHMARK(identifier) = {                                            \
        .family = "switch",                                                 \
        .name = text,                                                       \
        .axes = {SWITCH_PAGES_AXIS},                                        \
        .group = "switch",                                                  \
        .headline = shown,                                                  \
        .floor = "instruction/empty-loop",                                  \
        .needs = key_needs,                                                 \
        .operation = sentence,                                              \
        .state_size = sizeof(struct pk_domain),                             \
        .memory = memory,                                                   \
        .setup = set_up,                                                    \
        .run = timed,                                                       \
        .verify = verify_##identifier,                                      \
        .teardown = teardown,                                               \
    };

SWITCH(raw, "wrpkru-raw", run_raw, PK_NEEDS_KEYS, setup_keyed, 1,
       "open a region by WRPKRU of a precomputed value, store a byte, close it the same way")
SWITCH(inline, "wrpkru-inline", run_inline, PK_NEEDS_KEYS, setup_keyed, 1,
       "open a region by RDPKRU, a change of the key's bits and WRPKRU, inlined, store a byte, close it the same way")
SWITCH(glibc, "wrpkru-glibc", run_glibc, PK_NEEDS_KEYS | PK_NEEDS_GLIBC, setup_keyed, 1,
       "open a region by the C library's pkey_set, store a byte, close it the same way")
SWITCH(pkey_mprotect, "pkey-mprotect", run_pkey_mprotect, PK_NEEDS_KEYS, setup_keyed, 1,
       "open a region for writing by pkey_mprotect to key 0, store a byte, close it by pkey_mprotect to a key that "
       "denies writing")
SWITCH(mprotect, "mprotect", run_mprotect, 0, setup_plain, 1,
       "open a region for writing by mprotect, store a byte, close it by mprotect to read-only")
