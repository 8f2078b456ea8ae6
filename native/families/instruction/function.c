/* WRPKRU inlined, and in a function that is called directly or through a pointer. */
#define _GNU_SOURCE
#include <string.h>

#include "shadow.h"

/* Both twins set up the same registers, so that they differ only in WRPKRU. */
#define WRITE(text) __asm__ volatile(text : : PK_EAX(pkru), PK_ECX(0), PK_EDX(0) : "memory")

static inline __attribute__((always_inline)) void empty_inline(uint32_t pkru)
{
    WRITE("");
}

static inline __attribute__((always_inline)) void wrpkru_inline(uint32_t pkru)
{
    WRITE(PK_WRPKRU);
}

static __attribute__((noinline)) void empty_function(uint32_t pkru)
{
    WRITE("");
}

static __attribute__((noinline)) void wrpkru_function(uint32_t pkru)
{
    WRITE(PK_WRPKRU);
}

typedef void writer(uint32_t pkru);

enum { INLINE, DIRECT, INDIRECT };

struct call {
    struct shadow shadow;
    int64_t how;
    writer *function;
};

/* Each iteration writes a value that differs from the last. */
#define FUNCTION_LOOP(name, called)                                                               \
    static int name(void *state, uint64_t loops)                                                  \
    {                                                                                             \
        const struct call *call = state;                                                          \
        uint32_t pkru = call->shadow.keyed.key.closed, mask = pkru ^ call->shadow.keyed.key.open; \
        writer *const write = called;                                                             \
                                                                                                  \
        PK_REPEAT(loops) {                                                                        \
            pkru ^= mask;                                                                         \
            write(pkru);                                                                          \
        }                                                                                         \
        return 0;                                                                                 \
    }
FUNCTION_LOOP(run_empty_inline, empty_inline)
FUNCTION_LOOP(run_empty_direct, empty_function)
FUNCTION_LOOP(run_empty_indirect, call->function)
FUNCTION_LOOP(run_wrpkru_inline, wrpkru_inline)
FUNCTION_LOOP(run_wrpkru_direct, wrpkru_function)
FUNCTION_LOOP(run_wrpkru_indirect, call->function)

static int setup_empty(void *state, const int64_t *point)
{
    struct call *call = state;

    call->how = point[0];
    call->function = empty_function;
    call->shadow.run = (int (*[])(void *, uint64_t)){run_empty_inline, run_empty_direct, run_empty_indirect}[call->how];
    call->shadow.keyed.key.open = 1; /* two values to alternate between, as in the twin */
    return 0;
}

static int setup_wrpkru(void *state, const int64_t *point)
{
    struct call *call = state;

    call->how = point[0];
    call->function = wrpkru_function;
    call->shadow.run =
        (int (*[])(void *, uint64_t)){run_wrpkru_inline, run_wrpkru_direct, run_wrpkru_indirect}[call->how];
    return take_key(&call->shadow);
}

static void teardown(void *state)
{
    struct call *call = state;

    pk_domain_unmap(&call->shadow.keyed);
}

/* The loop contains a direct call of the function: CALL with a 32-bit displacement. */
static int prove_called_directly(const struct call *call)
{
    const unsigned char *code = (const unsigned char *)(uintptr_t)call->shadow.run;

    for (const unsigned char *at = code; at < code + 256; at++) {
        int32_t distance;

        memcpy(&distance, at + 1, sizeof distance);
        if (*at == 0xe8 && at + 5 + distance == (const unsigned char *)(uintptr_t)call->function)
            return 0;
    }
    return pk_disprove("the timed loop does not call the function");
}

static _Thread_local uint32_t noted;

static void note(uint32_t pkru)
{
    noted = pkru;
}

/* Replace the called function: the replacement must receive the value. */
static int prove_called_indirectly(struct call *call)
{
    writer *function = call->function;

    noted = call->shadow.keyed.key.closed;
    call->function = note;
    call->shadow.run(call, 1);
    call->function = function;
    return noted == call->shadow.keyed.key.open
               ? 0
               : pk_disprove("the function behind the pointer was not called with the value");
}

static int verify_empty(void *state)
{
    struct call *call = state;

    if (call->shadow.keyed.key.open == call->shadow.keyed.key.closed)
        return pk_disprove("the two values are the same");
    if (call->how == DIRECT)
        return prove_called_directly(call);
    return call->how == INDIRECT ? prove_called_indirectly(call) : 0;
}

static int verify_wrpkru(void *state)
{
    struct call *call = state;
    int status = verify_empty(state);

    return status ? status : prove_toggles(&call->shadow, call->shadow.run);
}

#define CALL_AXIS                                                                                                   \
    {                                                                                                               \
        .name = "call", .meaning = "how WRPKRU is reached: inlined, by a direct call, by a call through a pointer", \
        .labels = "inline,direct,indirect", .points = "inline,direct,indirect", .quick = "direct"                   \
    }

PK_BENCHMARK(empty_function) = {
    .family = "instruction",
    .name = "empty-function",
    .axes = {CALL_AXIS},
    .group = "function",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .state_size = sizeof(struct call),
    .operation = "an exclusive-or of a register, and a function that only sets up WRPKRU's registers: wrpkru-function "
                 "without WRPKRU",
    .setup = setup_empty,
    .run = time_chosen,
    .verify = verify_empty,
    .teardown = teardown,
};

PK_BENCHMARK(wrpkru_function) = {
    .family = "instruction",
    .name = "wrpkru-function",
    .axes = {CALL_AXIS},
    .group = "function",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .floor = "instruction/empty-function",
    .state_size = sizeof(struct call),
    .operation = "one WRPKRU in a function of its own, alternately denying and allowing writing",
    .setup = setup_wrpkru,
    .run = time_chosen,
    .verify = verify_wrpkru,
    .teardown = teardown,
};
