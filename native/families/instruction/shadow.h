/* WRPKRU in the shadow of other work: a loop of that work with WRPKRU, and its twin without. The difference between
 * them is the cost of WRPKRU in that place. Some of its time may be hidden behind the work, and the work may have to
 * wait for it. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/trap.h"

#define LINE 64

struct shadow {
    struct pk_domain keyed;                  /* its page can be written after every second WRPKRU; unused in the twin */
    char *base;                              /* where the work loads and stores */
    uint64_t result;                         /* of the work */
    size_t count;                            /* operations in one iteration */
    int (*run)(void *state, uint64_t loops); /* the loop for this point */
};

/* Each iteration does the work and, if `write` is its text, WRPKRU of a value that differs from the last. Both twins
 * contain the exclusive-or that makes the value. The zeros are hidden; the compiler would otherwise load them again
 * inside the loop. */
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

/* Add the number at this address to a sum by one instruction. Compilers may choose one or two. */
static inline __attribute__((always_inline)) uint64_t add_loaded(uint64_t sum, const void *address)
{
    __asm__ volatile(PK_ADD("%1", "%0") : "+r"(sum) : "m"(*(const uint64_t *)address) : "cc");
    return sum;
}

/* One loop is written out for each number of operations, so that it contains nothing else. */
struct written_out {
    int64_t count;
    int (*without_wrpkru)(void *state, uint64_t loops);
    int (*with_wrpkru)(void *state, uint64_t loops);
};

static inline const struct written_out *find_written_out(const struct written_out *list, int64_t count)
{
    while (list->without_wrpkru && list->count != count)
        list++;
    return list;
}

static inline int support_written_out(const struct written_out *list, int64_t count)
{
    return find_written_out(list, count)->without_wrpkru
               ? 0
               : pk_skip("only the standard points have a loop written out, and %lld is none of them",
                         (long long)count);
}

/* The set-up has chosen the loop to be timed. */
static inline int time_chosen(void *state, uint64_t loops)
{
    const struct shadow *shadow = state;

    return shadow->run(state, loops);
}

static inline int take_key(struct shadow *shadow)
{
    return pk_domain_map(&shadow->keyed, 1, PKEY_DISABLE_WRITE);
}

/* Each iteration changes PKRU: the page can be written after one, and not after two. */
static inline int prove_toggles(struct shadow *shadow, int (*run)(void *, uint64_t))
{
    const struct pk_key *key = &shadow->keyed.key;
    int status;

    pk_wrpkru(key->closed);
    run(shadow, 1);
    if (pk_rdpkru() != key->open)
        return pk_disprove("PKRU is 0x%08x after one iteration instead of 0x%08x", pk_rdpkru(), key->open);
    status = pk_prove_allowed(PK_STORE, shadow->keyed.region.base);
    if (status)
        return status;
    run(shadow, 2);
    if (pk_rdpkru() != key->closed)
        return pk_disprove("PKRU is 0x%08x after two iterations instead of 0x%08x", pk_rdpkru(), key->closed);
    return pk_prove_refused(PK_STORE, shadow->keyed.region.base, key->number);
}
