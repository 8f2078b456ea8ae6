/* One instruction many times in the timed loop, and the proof of how many. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "benchmark.h"

#define UNROLL 100
#define STRING(x) #x
#define TEXT(x) STRING(x)
#define REPEATED(times, instruction) ".rept " TEXT(times) "\n\t" instruction "\n\t.endr"
#define UNROLLED(instruction) REPEATED(UNROLL, instruction)

/* One loop is not enough to time an instruction of about a cycle: the loop's own cost may or may not be hidden behind
 * it, and the empty loop does not show how much. So there are two loops, run_NAME with UNROLL copies and
 * run_NAME_half with half as many. The slope between them is the time of the instruction. The body lists COPIES among
 * the inputs of its COPIES_OF(instruction). */
#define COPIES_OF(instruction) ".rept %c[copies]\n\t" instruction "\n\t.endr"
#define COPIES [copies] "i"(copies)
#define UNROLLED_TWICE(name, ...)                  \
    UNROLLED_LOOP(run_##name, UNROLL, __VA_ARGS__) \
    UNROLLED_LOOP(run_##name##_half, UNROLL / 2, __VA_ARGS__)
#define UNROLLED_LOOP(function, times, ...)          \
    static int function(void *state, uint64_t loops) \
    {                                                \
        enum { copies = times };                     \
                                                     \
        (void)state;                                 \
        __VA_ARGS__                                  \
        return 0;                                    \
    }

/* Declare both loops, each proved by prove_NAME(state, its loop, its copies). The loop with fewer copies is the fixed
 * overhead (floor) of the other. */
#define SLOPE_BENCHMARK(identifier, text, what, ...)                                                     \
    static int verify_##identifier(void *state)                                                          \
    {                                                                                                    \
        return prove_##identifier(state, run_##identifier, UNROLL);                                      \
    }                                                                                                    \
    static int verify_##identifier##_half(void *state)                                                   \
    {                                                                                                    \
        return prove_##identifier(state, run_##identifier##_half, UNROLL / 2);                           \
    }                                                                                                    \
    PK_BENCHMARK(identifier) = {.family = "instruction",                                                 \
                                .name = text,                                                            \
                                .operation = what,                                                       \
                                .floor = "instruction/" text "-half",                                    \
                                .slope = 1,                                                              \
                                .inner_loops = UNROLL,                                                   \
                                .run = run_##identifier,                                                 \
                                .verify = verify_##identifier,                                           \
                                __VA_ARGS__};                                                            \
    PK_BENCHMARK(identifier##_half) = {.family = "instruction",                                          \
                                       .name = text "-half",                                             \
                                       .operation = what ", half as often in one iteration of the loop", \
                                       .floor = "instruction/empty-loop",                                \
                                       .inner_loops = UNROLL / 2,                                        \
                                       .run = run_##identifier##_half,                                   \
                                       .verify = verify_##identifier##_half,                             \
                                       __VA_ARGS__}

/* The target of the jump that closes the loop whose body ends here; NULL if there is no such jump nearby. */
static inline const unsigned char *find_loop_start(const unsigned char *body_end)
{
    for (const unsigned char *at = body_end; at < body_end + 16; at++) {
        int32_t distance;

        if (at[0] == 0x75) /* JNE with an 8-bit displacement */
            return at + 2 + (signed char)at[1];
        if (at[0] == 0x0f && at[1] == 0x85) { /* JNE with a 32-bit displacement */
            memcpy(&distance, at + 2, sizeof distance);
            return at + 6 + distance;
        }
    }
    return NULL;
}

/* The end of the run of copies of an instruction that begins here. */
static inline const unsigned char *find_run_end(const unsigned char *at, const char *instruction, size_t length)
{
    while (memcmp(at, instruction, length) == 0)
        at += length;
    return at;
}

/* Prove by reading its machine code that the timed function contains exactly this many copies of the instruction. */
static inline int prove_unrolled(int (*function)(void *, uint64_t), size_t copies, const char *instruction,
                                 size_t length)
{
    const unsigned char *code = (const unsigned char *)(uintptr_t)function, *start = code, *end = code, *jump;

    /* Take the longest run near the start of the function: padding before the loop may look the same. */
    for (const unsigned char *at = code; at < code + 256; at++) {
        const unsigned char *run_end = find_run_end(at, instruction, length);

        if (run_end - at > end - start) {
            start = at;
            end = run_end;
        }
    }
    /* If the padding touches the loop, the loop begins where its jump goes. */
    jump = find_loop_start(end);
    if (start < jump && jump < end)
        start = jump;
    return end - start == (ptrdiff_t)(copies * length)
               ? 0
               : pk_disprove("the timed loop holds %zu copies of the instruction, not %zu",
                             (size_t)(end - start) / length, copies);
}
