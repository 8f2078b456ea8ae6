/* The headline: open a region for writing, store one byte, close it; by each way there is. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "pkey.h"
#include "region.h"
#include "trap.h"

struct domain {
    struct pk_region region;
    int pkey;
    uint32_t open, closed, before; /* values of PKRU */
};

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

static int setup_plain(void *state, const int64_t *point)
{
    struct domain *domain = state;
    int status = pk_region_map(&domain->region, (size_t)point[0]);

    if (!status && pk_mprotect(domain->region.base, pk_region_length(&domain->region), PROT_READ))
        status = pk_error(EINVAL, "mprotect");
    return status;
}

static int setup_keyed(void *state, const int64_t *point)
{
    struct domain *domain = state;
    int status;

    domain->before = pk_rdpkru();
    domain->pkey = pk_pkey_alloc(PKEY_DISABLE_WRITE);
    if (domain->pkey < 0)
        return pk_error(-domain->pkey, "pkey_alloc");
    domain->open = pk_pkru_with(domain->before, domain->pkey, 0);
    domain->closed = pk_pkru_with(domain->before, domain->pkey, PKEY_DISABLE_WRITE);
    status = pk_region_map(&domain->region, (size_t)point[0]);
    if (!status && pk_pkey_mprotect(domain->region.base, pk_region_length(&domain->region), PROT_READ | PROT_WRITE,
                                    domain->pkey))
        status = pk_error(EINVAL, "pkey_mprotect");
    return status;
}

static void teardown_plain(void *state)
{
    struct domain *domain = state;

    pk_region_unmap(&domain->region);
}

static void teardown_keyed(void *state)
{
    struct domain *domain = state;

    teardown_plain(state);
    if (domain->pkey > 0)
        pk_pkey_free(domain->pkey);
    pk_wrpkru(domain->before);
}

/* By other means than the ones that are timed. */
static int clear_byte(const struct domain *domain)
{
    int status;

    if (domain->pkey)
        pk_wrpkru(domain->open);
    else
        pk_mprotect(domain->region.base, pk_page_size(), PROT_READ | PROT_WRITE);
    status = pk_prove_allowed(PK_STORE, domain->region.base);
    if (!status)
        *(volatile char *)domain->region.base = 0;
    if (domain->pkey)
        pk_wrpkru(domain->closed);
    else
        pk_mprotect(domain->region.base, pk_page_size(), PROT_READ);
    return status;
}

/* Closed means: it can be read, and not be written, from the first byte to the last. */
static int prove_closed(const struct domain *domain)
{
    char *last = domain->region.base + pk_region_length(&domain->region) - 1;
    int status = pk_region_audit(&domain->region, domain->pkey ? PROT_READ | PROT_WRITE : PROT_READ, domain->pkey);

    if (!status)
        status = pk_prove_allowed(PK_LOAD, domain->region.base);
    if (!status)
        status = pk_prove_refused(PK_STORE, domain->region.base, domain->pkey);
    return status ? status : pk_prove_refused(PK_STORE, last, domain->pkey);
}

/* Closed, then one round whose store really happened, then closed again. */
static int prove_round(void *state, int (*run)(void *, uint64_t))
{
    const struct domain *domain = state;
    int status;

    status = clear_byte(domain);
    if (!status)
        status = prove_closed(domain);
    if (!status)
        status = pk_prove_runs(run, state);
    if (status)
        return status;
    if (*(volatile char *)domain->region.base != 1)
        return pk_disprove("the store between opening and closing did not happen");
    return prove_closed(domain);
}

static int run_raw(void *state, uint64_t loops)
{
    const struct domain *domain = state;
    uint32_t open = domain->open, closed = domain->closed;
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
    const struct domain *domain = state;
    int pkey = domain->pkey;
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
    const struct domain *domain = state;
    int pkey = domain->pkey;
    volatile char *byte = domain->region.base;

    PK_REPEAT(loops) {
        pkey_set(pkey, 0);
        pk_barrier(); /* glibc's has none: the store could move out of the open part */
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
    const struct domain *domain = state;
    size_t length = pk_region_length(&domain->region);
    volatile char *byte = domain->region.base;
    void *base = domain->region.base;
    int pkey = domain->pkey, status = 0;

    PK_REPEAT(loops) {
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, 0);
        *byte = (char)left_;
        status |= pk_pkey_mprotect(base, length, PROT_READ | PROT_WRITE, pkey);
    }
    return status;
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct domain *domain = state;
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

#define SWITCH(identifier, text, timed, key_needs, set_up, tear_down, shown, sentence)                             \
    static int verify_##identifier(void *state)                                                                    \
    {                                                                                                              \
        return prove_round(state, timed);                                                                          \
    }                                                                                                              \
    PK_BENCHMARK(identifier) = {                                                                                   \
        .family = "switch", .name = text, .axes = {PK_PAGES_AXIS("1,512")}, .group = "switch", .headline = shown,    \
        .floor = "instruction/empty-loop", .needs = key_needs, .operation = sentence,                              \
        .state_size = sizeof(struct domain), .memory = memory, .setup = set_up, .run = timed,                      \
        .verify = verify_##identifier, .teardown = tear_down,                                                      \
    };

SWITCH(raw, "wrpkru-raw", run_raw, PK_NEEDS_KEYS, setup_keyed, teardown_keyed, 1,
       "open a keyed region for writing by WRPKRU of a value worked out before, store a byte, close it likewise")
SWITCH(inline, "wrpkru-inline", run_inline, PK_NEEDS_KEYS, setup_keyed, teardown_keyed, 1,
       "open a keyed region for writing by RDPKRU, change and WRPKRU, inlined, store a byte, close it likewise")
SWITCH(glibc, "wrpkru-glibc", run_glibc, PK_NEEDS_KEYS | PK_NEEDS_GLIBC, setup_keyed, teardown_keyed, 1,
       "open a keyed region for writing by the C library's pkey_set, store a byte, close it likewise")
SWITCH(pkey_mprotect, "pkey-mprotect", run_pkey_mprotect, PK_NEEDS_KEYS, setup_keyed, teardown_keyed, 1,
       "open a region for writing by pkey_mprotect to key 0, store a byte, close it by pkey_mprotect to a key that denies writing")
SWITCH(mprotect, "mprotect", run_mprotect, 0, setup_plain, teardown_plain, 1,
       "open a region for writing by mprotect, store a byte, close it by mprotect to read-only")
