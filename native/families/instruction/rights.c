/* Setting one key's rights in three ways, each alternately denying and allowing. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/trap.h"

#include "keyed.h"

#define SETS 20
#define TEN(statement) \
    statement statement statement statement statement statement statement statement statement statement

static int run_set_raw(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t closed = keyed->key.closed, open = keyed->key.open;

    PK_REPEAT(loops) {
        TEN(pk_wrpkru(open); pk_wrpkru(closed);)
    }
    return 0;
}

static int run_set_inline(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    int pkey = keyed->key.number;

    PK_REPEAT(loops) {
        TEN(pk_set_rights(pkey, 0); pk_set_rights(pkey, PKEY_DISABLE_WRITE);)
    }
    return 0;
}

static int run_set_glibc(void *state, uint64_t loops)
{
#if PK_HAS_GLIBC_PKEYS
    const struct pk_domain *keyed = state;
    int pkey = keyed->key.number;

    PK_REPEAT(loops) {
        /* glibc's pkey_set is no compiler barrier. Without these barriers, a caller's accesses could move across it. */
        TEN(pkey_set(pkey, 0); pk_barrier(); pkey_set(pkey, PKEY_DISABLE_WRITE); pk_barrier();)
    }
#else
    (void)state;
    (void)loops;
#endif
    return 0;
}

/* An even number of changes denies writing again, and leaves the rest of PKRU unchanged. */
static int prove_set(struct pk_domain *keyed, int (*run)(void *, uint64_t))
{
    int status;

    pk_wrpkru(keyed->key.open);
    status = pk_prove_allowed(PK_STORE, keyed->region.base);
    if (status)
        return status;
    run(keyed, 1);
    if (pk_rdpkru() != keyed->key.closed)
        return pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), keyed->key.closed);
    status = pk_prove_refused(PK_STORE, keyed->region.base, keyed->key.number);
    return status ? status : pk_prove_allowed(PK_LOAD, keyed->region.base);
}

static int verify_set_raw(void *state)
{
    return prove_set(state, run_set_raw);
}

static int verify_set_inline(void *state)
{
    return prove_set(state, run_set_inline);
}

static int verify_set_glibc(void *state)
{
    return prove_set(state, run_set_glibc);
}

PK_BENCHMARK(pkey_set_raw) = {
    .family = "instruction",
    .name = "pkey-set-raw",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .headline = 1,
    .floor = "instruction/empty-loop",
    .inner_loops = SETS,
    .group = "pkey-set",
    .operation = "set one key's rights by WRPKRU of a precomputed value",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_set_raw,
    .verify = verify_set_raw,
    .teardown = teardown_keyed,
};

PK_BENCHMARK(pkey_set_inline) = {
    .family = "instruction",
    .name = "pkey-set-inline",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .headline = 1,
    .floor = "instruction/empty-loop",
    .inner_loops = SETS,
    .group = "pkey-set",
    .operation = "set one key's rights by RDPKRU, a change of two bits and WRPKRU, inlined",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_set_inline,
    .verify = verify_set_inline,
    .teardown = teardown_keyed,
};

PK_BENCHMARK(pkey_set_glibc) = {
    .family = "instruction",
    .name = "pkey-set-glibc",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS | PK_NEEDS_GLIBC,
    .headline = 1,
    .floor = "instruction/empty-loop",
    .inner_loops = SETS,
    .group = "pkey-set",
    .operation = "set one key's rights by the C library's pkey_set",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_set_glibc,
    .verify = verify_set_glibc,
    .teardown = teardown_keyed,
};
