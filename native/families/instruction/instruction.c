/* Single instructions, unrolled; the empty loop is their floor. */
#define _GNU_SOURCE
#include <string.h>

#include "benchmark.h"
#include "clock.h"
#include "pkey.h"
#include "trap.h"

#define UNROLL 100
#define STRING(x) #x
#define TEXT(x) STRING(x)
#define UNROLLED(instruction) ".rept " TEXT(UNROLL) "\n\t" instruction "\n\t.endr"

static int run_empty_loop(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile("");
    return 0;
}

/* A loop that the compiler deleted takes no time, however long. */
static int verify_empty_loop(void *state)
{
    struct timespec from, to;
    double seconds;

    clock_gettime(CLOCK_MONOTONIC_RAW, &from);
    run_empty_loop(state, 1 << 20);
    clock_gettime(CLOCK_MONOTONIC_RAW, &to);
    seconds = pk_seconds_between(&from, &to);
    return seconds > 20e-6 ? 0 : pk_disprove("a million turns of the empty loop took %.0f ns", seconds * 1e9);
}

PK_BENCHMARK(empty_loop) = {
    .family = "instruction", .name = "empty-loop", .headline = 1,
    .operation = "one turn of the loop that all cases of this family are timed in",
    .run = run_empty_loop, .verify = verify_empty_loop,
};

/* A page under a key of our own, to prove with. */
struct keyed {
    int pkey;
    uint32_t open;   /* PKRU that allows everything under the key */
    uint32_t closed; /* PKRU that denies writing */
    uint32_t before; /* PKRU as found */
    char *page;
};

static int setup_keyed(void *state, const int64_t *point)
{
    struct keyed *keyed = state;

    (void)point;
    keyed->before = pk_rdpkru();
    keyed->pkey = pk_pkey_alloc(0);
    if (keyed->pkey < 0)
        return pk_error(-keyed->pkey, "pkey_alloc");
    keyed->open = pk_pkru_with(keyed->before, keyed->pkey, 0);
    keyed->closed = pk_pkru_with(keyed->before, keyed->pkey, PKEY_DISABLE_WRITE);
    keyed->page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (keyed->page == MAP_FAILED) {
        keyed->page = NULL;
        return pk_error(errno, "map a page");
    }
    *keyed->page = 0;
    return -pk_pkey_mprotect(keyed->page, 4096, PROT_READ | PROT_WRITE, keyed->pkey);
}

static void teardown_keyed(void *state)
{
    struct keyed *keyed = state;

    if (keyed->page)
        munmap(keyed->page, 4096);
    if (keyed->pkey > 0)
        pk_pkey_free(keyed->pkey);
    pk_wrpkru(keyed->before);
}

/* Where the jump goes that closes the loop whose body ends here; NULL where there is none close by. */
static const unsigned char *find_loop_start(const unsigned char *body_end)
{
    for (const unsigned char *at = body_end; at < body_end + 16; at++) {
        int32_t distance;

        if (at[0] == 0x75) /* JNE, by one byte */
            return at + 2 + (signed char)at[1];
        if (at[0] == 0x0f && at[1] == 0x85) { /* JNE, by four bytes */
            memcpy(&distance, at + 2, sizeof distance);
            return at + 6 + distance;
        }
    }
    return NULL;
}

/* How far the copies of an instruction reach that begin here. */
static const unsigned char *find_run_end(const unsigned char *at, const char *instruction, size_t length)
{
    while (memcmp(at, instruction, length) == 0)
        at += length;
    return at;
}

/* Prove that the timed function holds exactly UNROLL copies of the instruction, by reading its machine code. */
static int prove_unrolled(int (*function)(void *, uint64_t), const char *instruction, size_t length)
{
    const unsigned char *code = (const unsigned char *)(uintptr_t)function, *start = code, *end = code, *jump;

    /* The longest run near the function's beginning: what pads in front of the loop may look alike. */
    for (const unsigned char *at = code; at < code + 256; at++) {
        const unsigned char *run_end = find_run_end(at, instruction, length);

        if (run_end - at > end - start) {
            start = at;
            end = run_end;
        }
    }
    /* Where padding and loop touch, the loop begins where its jump goes. */
    jump = find_loop_start(end);
    if (start < jump && jump < end)
        start = jump;
    return end - start == (ptrdiff_t)(UNROLL * length)
               ? 0
               : pk_disprove("the timed loop holds %zu copies of the instruction, not %d", (size_t)(end - start) / length,
                             UNROLL);
}

static int run_nop(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED("nop"));
    return 0;
}

static int verify_nop(void *state)
{
    (void)state;
    return prove_unrolled(run_nop, "\x90", 1);
}

PK_BENCHMARK(nop_100) = {
    .family = "instruction", .name = "nop-100", .headline = 1, .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop",
    .operation = "100 one-byte NOPs: the control, 100 instructions wherever instructions are counted",
    .run = run_nop, .verify = verify_nop,
};

static int run_lfence(void *state, uint64_t loops)
{
    (void)state;
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_LFENCE) : : : "memory");
    return 0;
}

static int verify_lfence(void *state)
{
    (void)state;
    return prove_unrolled(run_lfence, "\x0f\xae\xe8", 3);
}

PK_BENCHMARK(lfence) = {
    .family = "instruction", .name = "lfence", .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop", .inner_loops = UNROLL,
    .operation = "one LFENCE after another",
    .run = run_lfence, .verify = verify_lfence,
};

static int run_xgetbv(void *state, uint64_t loops)
{
    uint32_t low, high, zero = 0;

    (void)state;
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_XGETBV) : "=" PK_EAX(low), "=" PK_EDX(high) : PK_ECX(zero));
    return 0;
}

static int support_xgetbv(const int64_t *point)
{
    uint32_t leaf[4];

    (void)point;
    pk_cpuid(1, 0, leaf);
    return leaf[2] >> 27 & 1 ? 0 : pk_skip("XGETBV is not enabled (CPUID.1:ECX.OSXSAVE is clear)");
}

static int verify_xgetbv(void *state)
{
    (void)state;
    return prove_unrolled(run_xgetbv, "\x0f\x01\xd0", 3);
}

PK_BENCHMARK(xgetbv) = {
    .family = "instruction", .name = "xgetbv", .needs = PK_NEEDS_X86, .floor = "instruction/empty-loop",
    .inner_loops = UNROLL, .support = support_xgetbv,
    .operation = "one XGETBV after another: reading another register of the kernel's from user mode, to compare with",
    .run = run_xgetbv, .verify = verify_xgetbv,
};

static int run_rdpkru(void *state, uint64_t loops)
{
    uint32_t pkru, edx, zero = 0;

    (void)state;
    /* Hides the value, which the compiler would otherwise load again inside the loop. */
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_RDPKRU) : "=" PK_EAX(pkru), "=" PK_EDX(edx) : PK_ECX(zero));
    return 0;
}

static int prove_read_back(const struct keyed *keyed)
{
    pk_wrpkru(keyed->closed);
    return pk_rdpkru() == keyed->closed
               ? 0
               : pk_disprove("RDPKRU reads 0x%08x after 0x%08x was written", pk_rdpkru(), keyed->closed);
}

static int verify_rdpkru(void *state)
{
    int status = prove_read_back(state);

    return status ? status : prove_unrolled(run_rdpkru, "\x0f\x01\xee", 3);
}

PK_BENCHMARK(rdpkru) = {
    .family = "instruction", .name = "rdpkru", .headline = 1, .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "one RDPKRU after another, each independent of the one before: throughput",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_rdpkru, .verify = verify_rdpkru, .teardown = teardown_keyed,
};

/* ECX stays 0, and waits for what was read: the next RDPKRU can't begin before. */
static int run_rdpkru_chain(void *state, uint64_t loops)
{
    uint32_t pkru, edx, zero = 0;

    (void)state;
    __asm__("" : "+r"(zero));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_RDPKRU PK_AND("%0", "%2")) : "=&" PK_EAX(pkru), "=&" PK_EDX(edx), "+" PK_ECX(zero));
    return 0;
}

static int verify_rdpkru_chain(void *state)
{
    int status = prove_read_back(state);

    return status ? status : prove_unrolled(run_rdpkru_chain, "\x0f\x01\xee\x21\xc1", 5);
}

PK_BENCHMARK(rdpkru_chain) = {
    .family = "instruction", .name = "rdpkru-chain", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "one RDPKRU and one AND, which makes the next RDPKRU wait for it: latency",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_rdpkru_chain, .verify = verify_rdpkru_chain, .teardown = teardown_keyed,
};

static int run_wrpkru_same(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t pkru = keyed->closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU) : : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too) : "memory");
    return 0;
}

/* Writing was allowed, and is denied after one turn. */
static int prove_written(struct keyed *keyed, int (*run)(void *, uint64_t))
{
    int status;

    pk_wrpkru(keyed->open);
    status = pk_prove_allowed(PK_STORE, keyed->page);
    if (!status)
        run(keyed, 1);
    return status ? status : pk_prove_refused(PK_STORE, keyed->page, keyed->pkey);
}

static int verify_wrpkru_same(void *state)
{
    int status = prove_written(state, run_wrpkru_same);

    return status ? status : prove_unrolled(run_wrpkru_same, "\x0f\x01\xef", 3);
}

PK_BENCHMARK(wrpkru_same) = {
    .family = "instruction", .name = "wrpkru-same", .headline = 1, .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "one WRPKRU after another, each writing the value that is there",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_wrpkru_same, .verify = verify_wrpkru_same, .teardown = teardown_keyed,
};

/* What follows a write where a stray jump to it must not open anything. */

static int run_wrpkru_lfence(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t pkru = keyed->closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU PK_LFENCE) : : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too) : "memory");
    return 0;
}

static int run_wrpkru_checked(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t pkru = keyed->closed, meant = keyed->closed, zero = 0, zero_too = 0;

    __asm__("" : "+r"(zero), "+r"(zero_too), "+r"(meant));
    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_WRPKRU PK_CHECK("%3", "%0")) PK_TRAP
                         :
                         : PK_EAX(pkru), PK_ECX(zero), PK_EDX(zero_too), "r"(meant)
                         : "memory", "cc");
    return 0;
}

static int verify_wrpkru_lfence(void *state)
{
    int status = prove_written(state, run_wrpkru_lfence);

    return status ? status : prove_unrolled(run_wrpkru_lfence, "\x0f\x01\xef\x0f\xae\xe8", 6);
}

static int verify_wrpkru_checked(void *state)
{
    return prove_written(state, run_wrpkru_checked);
}

PK_BENCHMARK(wrpkru_lfence) = {
    .family = "instruction", .name = "wrpkru-lfence", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "WRPKRU of the value that is there, and LFENCE, which lets nothing begin before it is done",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_wrpkru_lfence, .verify = verify_wrpkru_lfence, .teardown = teardown_keyed,
};

PK_BENCHMARK(wrpkru_checked) = {
    .family = "instruction", .name = "wrpkru-checked", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "WRPKRU of the value that is there, compared afterwards with the one meant: a jump to a trap, not taken",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_wrpkru_checked, .verify = verify_wrpkru_checked, .teardown = teardown_keyed,
};

static int run_toggle_floor(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t pkru = keyed->closed, mask = keyed->closed ^ keyed->open;

    PK_REPEAT(loops)
        __asm__ volatile(UNROLLED(PK_XOR("%1", "%0")) : "+" PK_EAX(pkru) : "r"(mask) : "memory");
    return 0;
}

static int verify_toggle_floor(void *state)
{
    struct keyed *keyed = state;

    return keyed->open != keyed->closed ? 0 : pk_disprove("the two values to write are the same");
}

PK_BENCHMARK(toggle_floor) = {
    .family = "instruction", .name = "toggle-floor", .headline = 1, .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop", .inner_loops = UNROLL,
    .operation = "one exclusive-or of a register: what alternating the value costs wrpkru-toggle besides WRPKRU",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_toggle_floor, .verify = verify_toggle_floor, .teardown = teardown_keyed,
};

static int run_wrpkru_toggle(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t pkru = keyed->closed, mask = keyed->closed ^ keyed->open, zero = 0, zero_too = 0;

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
    struct keyed *keyed = state;
    int status;

    /* An even number of turns ends where it began: with writing denied. */
    pk_wrpkru(keyed->open);
    run_wrpkru_toggle(state, 1);
    if (pk_rdpkru() != keyed->closed)
        return pk_disprove("PKRU is 0x%08x after an even number of changes from 0x%08x", pk_rdpkru(), keyed->closed);
    status = pk_prove_refused(PK_STORE, keyed->page, keyed->pkey);
    pk_wrpkru(keyed->open);
    return status ? status : pk_prove_allowed(PK_STORE, keyed->page);
}

PK_BENCHMARK(wrpkru_toggle) = {
    .family = "instruction", .name = "wrpkru-toggle", .headline = 1, .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/toggle-floor", .inner_loops = UNROLL, .group = "pkru-access",
    .operation = "one WRPKRU after another, denying and allowing writing under one key in turn",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_wrpkru_toggle, .verify = verify_wrpkru_toggle, .teardown = teardown_keyed,
};

/* Setting one key's rights, three ways, each denying and allowing in turn. */

#define SETS 20
#define TEN(statement) statement statement statement statement statement statement statement statement statement statement

static int run_set_raw(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    uint32_t closed = keyed->closed, open = keyed->open;

    PK_REPEAT(loops) {
        TEN(pk_wrpkru(open); pk_wrpkru(closed);)
    }
    return 0;
}

static int run_set_inline(void *state, uint64_t loops)
{
    const struct keyed *keyed = state;
    int pkey = keyed->pkey;

    PK_REPEAT(loops) {
        TEN(pk_set_rights(pkey, 0); pk_set_rights(pkey, PKEY_DISABLE_WRITE);)
    }
    return 0;
}

static int run_set_glibc(void *state, uint64_t loops)
{
#if PK_HAS_GLIBC_PKEYS
    const struct keyed *keyed = state;
    int pkey = keyed->pkey;

    PK_REPEAT(loops) {
        /* glibc's has no barrier of its own: without these the protected accesses of a real caller could move across. */
        TEN(pkey_set(pkey, 0); pk_barrier(); pkey_set(pkey, PKEY_DISABLE_WRITE); pk_barrier();)
    }
#else
    (void)state;
    (void)loops;
#endif
    return 0;
}

/* An even number of changes leaves writing denied, and the rest of PKRU as it was. */
static int prove_set(struct keyed *keyed, int (*run)(void *, uint64_t))
{
    int status;

    pk_wrpkru(keyed->open);
    status = pk_prove_allowed(PK_STORE, keyed->page);
    if (status)
        return status;
    run(keyed, 1);
    if (pk_rdpkru() != keyed->closed)
        return pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), keyed->closed);
    status = pk_prove_refused(PK_STORE, keyed->page, keyed->pkey);
    return status ? status : pk_prove_allowed(PK_LOAD, keyed->page);
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
    .family = "instruction", .name = "pkey-set-raw", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS, .headline = 1,
    .floor = "instruction/empty-loop", .inner_loops = SETS, .group = "pkey-set",
    .operation = "set one key's rights by WRPKRU of a value worked out before",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_set_raw, .verify = verify_set_raw, .teardown = teardown_keyed,
};

PK_BENCHMARK(pkey_set_inline) = {
    .family = "instruction", .name = "pkey-set-inline", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS, .headline = 1,
    .floor = "instruction/empty-loop", .inner_loops = SETS, .group = "pkey-set",
    .operation = "set one key's rights by RDPKRU, change of two bits and WRPKRU, inlined",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_set_inline, .verify = verify_set_inline, .teardown = teardown_keyed,
};

PK_BENCHMARK(pkey_set_glibc) = {
    .family = "instruction", .name = "pkey-set-glibc", .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS | PK_NEEDS_GLIBC,
    .headline = 1, .floor = "instruction/empty-loop", .inner_loops = SETS, .group = "pkey-set",
    .operation = "set one key's rights by the C library's pkey_set",
    .state_size = sizeof(struct keyed),
    .setup = setup_keyed, .run = run_set_glibc, .verify = verify_set_glibc, .teardown = teardown_keyed,
};
