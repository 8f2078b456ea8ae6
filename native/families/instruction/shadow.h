/* WRPKRU in the shadow of other work: a loop of that work with it, and its twin without. Their difference is what
 * WRPKRU costs there, where some of its time, or none, hides behind the work, and where the work may have to wait for
 * it. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/trap.h"

#define LINE 64

struct shadow {
    struct pk_domain keyed; /* whose page can be written to after every second WRPKRU; nothing in the twin */
    char *base;             /* where the work loads and stores */
    uint64_t result;        /* what the work comes to */
    size_t count;           /* operations in one turn */
    int (*run)(void *state, uint64_t loops); /* the loop of this point */
};

/* Each turn is the work, and WRPKRU of another value than the last, if `write` is its text. The exclusive-or that makes
 * the values is part of both twins. The zeros are hidden, because the compiler would otherwise load them again inside
 * the loop. */
#define SHADOW_LOOP(function, write, work)                                                                      \
    static int function(void *state, uint64_t loops)                                                            \
    {                                                                                                           \
        struct shadow *shadow = state;                                                                          \
        uint32_t pkru = shadow->keyed.key.closed, mask = pkru ^ shadow->keyed.key.open, zero = 0, zero_too = 0; \
        uint64_t result = shadow->result;                                                                       \
        char *base = shadow->base;                                                                              \
                                                                                                                \
        (void)base;                                                                                             \
        __asm__("" : "+r"(zero), "+r"(zero_too));                                                               \
        PK_REPEAT(loops) {                                                                                      \
            work;                                                                                               \
            __asm__ volatile(PK_XOR("%1", "%0") write                                                           \
                             : "+" PK_EAX(pkru)                                                                 \
                             : "r"(mask), PK_ECX(zero), PK_EDX(zero_too)                                        \
                             : "memory", "cc");                                                                 \
        }                                                                                                       \
        shadow->result = result;                                                                                \
        return 0;                                                                                               \
    }

/* Add what lies there to a sum: one instruction, which compilers would otherwise make one or two of. */
static inline __attribute__((always_inline)) uint64_t add_loaded(uint64_t sum, const void *address)
{
    __asm__ volatile(PK_ADD("%1", "%0") : "+r"(sum) : "m"(*(const uint64_t *)address) : "cc");
    return sum;
}

/* A loop is written out for each number of operations, so that it holds nothing else. */
struct written_out {
    int64_t count;
    int (*alone)(void *state, uint64_t loops);
    int (*with_wrpkru)(void *state, uint64_t loops);
};

static inline const struct written_out *find_written_out(const struct written_out *list, int64_t count)
{
    while (list->alone && list->count != count)
        list++;
    return list;
}

static inline int support_written_out(const struct written_out *list, int64_t count)
{
    return find_written_out(list, count)->alone
               ? 0
               : pk_skip("the loop is written out for the standard points only, not for %lld", (long long)count);
}

/* Which loop is timed was chosen by the set-up. */
static inline int time_chosen(void *state, uint64_t loops)
{
    const struct shadow *shadow = state;

    return shadow->run(state, loops);
}

static inline int take_key(struct shadow *shadow)
{
    return pk_domain_map(&shadow->keyed, 1, PKEY_DISABLE_WRITE);
}

/* Each turn changes PKRU: after one, the page can be written to; after two, it can't. */
static inline int prove_toggles(struct shadow *shadow, int (*run)(void *, uint64_t))
{
    const struct pk_key *key = &shadow->keyed.key;
    int status;

    pk_wrpkru(key->closed);
    run(shadow, 1);
    if (pk_rdpkru() != key->open)
        return pk_disprove("PKRU is 0x%08x after one turn instead of 0x%08x", pk_rdpkru(), key->open);
    status = pk_prove_allowed(PK_STORE, shadow->keyed.region.base);
    if (status)
        return status;
    run(shadow, 2);
    if (pk_rdpkru() != key->closed)
        return pk_disprove("PKRU is 0x%08x after two turns instead of 0x%08x", pk_rdpkru(), key->closed);
    return pk_prove_refused(PK_STORE, shadow->keyed.region.base, key->number);
}
