/* WRPKRU of 0, which XSAVE treats as the register's initial state, and of another value. */
#define _GNU_SOURCE
#include "memory/domain.h"
#include "memory/trap.h"
#include "unrolled.h"

enum { ZERO, NON_ZERO };

struct value {
    struct pk_domain keyed;
    uint32_t written;
    uint32_t other; /* shows that the value was written */
};

static int run_wrpkru_value(void *state, uint64_t loops)
{
    const struct value *value = state;
    uint32_t pkru = value->written, zero = 0, zero_too = 0;

    /* Hides the zeros. The compiler would otherwise load them again inside the loop. */
    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU) : : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too) : "memory");
    return 0;
}

static int setup(void *state, const int64_t *point)
{
    struct value *value = state;
    int status = pk_domain_map(&value->keyed, 1, PKEY_DISABLE_WRITE);

    value->written = point[0] == ZERO ? 0 : value->keyed.key.closed;
    value->other = point[0] == ZERO ? value->keyed.key.closed : 0;
    return status;
}

static void teardown(void *state)
{
    struct value *value = state;

    pk_domain_unmap(&value->keyed);
}

/* 0 allows everything. The other value denies writing under our key. */
static int prove_rights(const struct value *value, uint32_t pkru)
{
    char *page = value->keyed.region.base;

    if (pk_rdpkru() != pkru)
        return pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), pkru);
    return pkru ? pk_prove_refused(PK_STORE, page, value->keyed.key.number) : pk_prove_allowed(PK_STORE, page);
}

static int verify(void *state)
{
    const struct value *value = state;
    int status;

    pk_wrpkru(value->other);
    status = prove_rights(value, value->other);
    if (status)
        return status;
    run_wrpkru_value(state, 1);
    status = prove_rights(value, value->written);
    return status ? status : prove_unrolled(run_wrpkru_value, UNROLL, "\x0f\x01\xef", 3);
}

PK_BENCHMARK(wrpkru_value) = {
    .family = "instruction",
    .name = "wrpkru-value",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .axes = {{.name = "value",
              .meaning = "value written: 0 allows everything, non-zero denies writing under one key",
              .labels = "zero,non-zero",
              .points = "zero,non-zero",
              .quick = "zero"}},
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .operation = "one WRPKRU after another, each writing the value that is already there: 0, or a value that denies "
                 "writing under one key",
    .state_size = sizeof(struct value),
    .setup = setup,
    .run = run_wrpkru_value,
    .verify = verify,
    .teardown = teardown,
};
