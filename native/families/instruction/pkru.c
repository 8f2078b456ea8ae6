/* RDPKRU and WRPKRU, many times in a row. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/trap.h"

#include "keyed.h"
#include "unrolled.h"

/* Laid out by hand: clang-format takes a macro's argument for one expression. */
/* clang-format off */
UNROLLED_TWICE(
    rdpkru, uint32_t pkru, edx, zero = 0;

    /* Hides the value. The compiler would otherwise load it again inside the loop. */
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(COPIES_OF(PK_RDPKRU) : "=" PK_EAX(pkru), "=" PK_EDX(edx) : PK_ECX(zero), COPIES);)
/* clang-format on */

static int prove_read_back(const struct pk_domain *keyed)
{
    pk_wrpkru(keyed->key.closed);
    return pk_rdpkru() == keyed->key.closed
               ? 0
               : pk_disprove("RDPKRU reads 0x%08x after 0x%08x was written", pk_rdpkru(), keyed->key.closed);
}

static int prove_rdpkru(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    int status = prove_read_back(state);

    return status ? status : prove_unrolled(run, copies, "\x0f\x01\xee", 3);
}

SLOPE_BENCHMARK(rdpkru, "rdpkru", "one RDPKRU after another, each independent of the one before: throughput",
                .headline = 1, .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS, .group = "pkru-access",
                .state_size = sizeof(struct pk_domain), .setup = setup_keyed, .teardown = teardown_keyed);

/* ECX stays 0, but depends on the value that was read, so the next RDPKRU has to wait. */
static int run_rdpkru_chain(void *state, uint64_t loops)
{
    uint32_t pkru, edx, zero = 0;

    (void)state;
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_RDPKRU PK_AND("%0", "%2"))
                         : "=&" PK_EAX(pkru), "=&" PK_EDX(edx), "+" PK_ECX(zero));
    return 0;
}

static int verify_rdpkru_chain(void *state)
{
    int status = prove_read_back(state);

    return status ? status : prove_unrolled(run_rdpkru_chain, UNROLL, "\x0f\x01\xee\x21\xc1", 5);
}

PK_BENCHMARK(rdpkru_chain) = {
    .family = "instruction",
    .name = "rdpkru-chain",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation = "one RDPKRU and one AND, which makes the next RDPKRU wait: latency",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_rdpkru_chain,
    .verify = verify_rdpkru_chain,
    .teardown = teardown_keyed,
};

static int run_wrpkru_same(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t pkru = keyed->key.closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU) : : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too) : "memory");
    return 0;
}

/* Writing was allowed, and is denied after one iteration. */
static int prove_written(struct pk_domain *keyed, int (*run)(void *, uint64_t))
{
    int status;

    pk_wrpkru(keyed->key.open);
    status = pk_prove_allowed(PK_STORE, keyed->region.base);
    if (!status)
        run(keyed, 1);
    return status ? status : pk_prove_refused(PK_STORE, keyed->region.base, keyed->key.number);
}

static int verify_wrpkru_same(void *state)
{
    int status = prove_written(state, run_wrpkru_same);

    return status ? status : prove_unrolled(run_wrpkru_same, UNROLL, "\x0f\x01\xef", 3);
}

PK_BENCHMARK(wrpkru_same) = {
    .family = "instruction",
    .name = "wrpkru-same",
    .headline = 1,
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation = "one WRPKRU after another, each writing the value that is already there",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_wrpkru_same,
    .verify = verify_wrpkru_same,
    .teardown = teardown_keyed,
};

/* What can follow a write so that a stray jump to it opens nothing. */

static int run_wrpkru_lfence(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t pkru = keyed->key.closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU PK_LFENCE) : : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too) : "memory");
    return 0;
}

static int run_wrpkru_checked(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t pkru = keyed->key.closed, meant = keyed->key.closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too), "+r"(meant));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU PK_CHECK("%3", "%0")) PK_TRAP
                         :
                         : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too), "r"(meant)
                         : "memory", "cc");
    return 0;
}

/* Like Linux's write_pkru: skip the write if the register already holds the value. */
static int run_wrpkru_elided(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t meant = keyed->key.closed, pkru, edx, zero = 0;

    __asm__("" : "+r"(zero), "+r"(meant));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_RDPKRU PK_UNLESS_EQUAL("%3", "%0", PK_MOVE("%3", "%0") PK_WRPKRU))
                         : "=&" PK_EAX(pkru), "=&" PK_EDX(edx)
                         : PK_ECX(zero), PK_EDI(meant)
                         : "memory", "cc");
    return 0;
}

static int verify_wrpkru_lfence(void *state)
{
    int status = prove_written(state, run_wrpkru_lfence);

    return status ? status : prove_unrolled(run_wrpkru_lfence, UNROLL, "\x0f\x01\xef\x0f\xae\xe8", 6);
}

static int verify_wrpkru_checked(void *state)
{
    return prove_written(state, run_wrpkru_checked);
}

PK_BENCHMARK(wrpkru_lfence) = {
    .family = "instruction",
    .name = "wrpkru-lfence",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation = "one WRPKRU of the value that is already there, and one LFENCE, which delays what follows until the "
                 "write is done",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_wrpkru_lfence,
    .verify = verify_wrpkru_lfence,
    .teardown = teardown_keyed,
};

PK_BENCHMARK(wrpkru_checked) = {
    .family = "instruction",
    .name = "wrpkru-checked",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation = "one WRPKRU of the value that is already there, then a comparison with the intended value, and a jump "
                 "to a trap that is not taken",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_wrpkru_checked,
    .verify = verify_wrpkru_checked,
    .teardown = teardown_keyed,
};

/* The first copy writes. The others find the value already there. */
static int verify_wrpkru_elided(void *state)
{
    int status = prove_written(state, run_wrpkru_elided);

    /* RDPKRU; CMP EAX, EDI; JE; MOV EAX, EDI; WRPKRU */
    return status ? status
                  : prove_unrolled(run_wrpkru_elided, UNROLL, "\x0f\x01\xee\x39\xf8\x74\x05\x89\xf8\x0f\x01\xef", 12);
}

PK_BENCHMARK(wrpkru_elided) = {
    .family = "instruction",
    .name = "wrpkru-elided",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation =
        "one RDPKRU, a comparison with the intended value, which is already there, and a taken jump over WRPKRU",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_wrpkru_elided,
    .verify = verify_wrpkru_elided,
    .teardown = teardown_keyed,
};

UNROLLED_TWICE(toggle_floor, const struct pk_domain *keyed = state;
               uint32_t pkru = keyed->key.closed, mask = keyed->key.closed ^ keyed->key.open;

               PK_REPEAT(loops) __asm__ volatile(COPIES_OF(PK_XOR("%1", "%0"))
                                                 : "+" PK_EAX(pkru)
                                                 : "r"(mask), COPIES
                                                 : "memory");)

/* The compiler chooses the registers of this loop, so tests/compiled/test_machine_code.py counts its copies. */
static int prove_toggle_floor(void *state, int (*run)(void *, uint64_t), size_t copies)
{
    struct pk_domain *keyed = state;

    (void)run;
    (void)copies;
    return keyed->key.open != keyed->key.closed ? 0 : pk_disprove("the two values to write are the same");
}

SLOPE_BENCHMARK(toggle_floor, "toggle-floor",
                "one exclusive-or of a register: the overhead of alternating the value in wrpkru-toggle", .headline = 1,
                .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS, .group = "toggle-floor", .state_size = sizeof(struct pk_domain),
                .setup = setup_keyed, .teardown = teardown_keyed);

static int run_wrpkru_toggle(void *state, uint64_t loops)
{
    const struct pk_domain *keyed = state;
    uint32_t pkru = keyed->key.closed, mask = keyed->key.closed ^ keyed->key.open, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_XOR("%1", "%0") PK_WRPKRU)
                         : "+" PK_EAX(pkru)
                         : "r"(mask), PK_ECX(zero), PK_EDX(zero_too)
                         : "memory");
    return 0;
}

static int verify_wrpkru_toggle(void *state)
{
    struct pk_domain *keyed = state;
    int status;

    /* An even number of iterations ends with writing denied, as it began. */
    pk_wrpkru(keyed->key.open);
    run_wrpkru_toggle(state, 1);
    if (pk_rdpkru() != keyed->key.closed)
        return pk_disprove("PKRU is 0x%08x after an even number of changes from 0x%08x", pk_rdpkru(),
                           keyed->key.closed);
    status = pk_prove_refused(PK_STORE, keyed->region.base, keyed->key.number);
    pk_wrpkru(keyed->key.open);
    return status ? status : pk_prove_allowed(PK_STORE, keyed->region.base);
}

PK_BENCHMARK(wrpkru_toggle) = {
    .family = "instruction",
    .name = "wrpkru-toggle",
    .headline = 1,
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/toggle-floor",
    .inner_loops = UNROLL,
    .group = "pkru-access",
    .operation = "one WRPKRU after another, alternately denying and allowing writing under one key",
    .state_size = sizeof(struct pk_domain),
    .setup = setup_keyed,
    .run = run_wrpkru_toggle,
    .verify = verify_wrpkru_toggle,
    .teardown = teardown_keyed,
};
