/* One instruction many times over in the timed loop, and the proof that it is. */
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

/* Where the jump goes that closes the loop whose body ends here; NULL where there is none close by. */
static inline const unsigned char *find_loop_start(const unsigned char *body_end)
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
static inline const unsigned char *find_run_end(const unsigned char *at, const char *instruction, size_t length)
{
    while (memcmp(at, instruction, length) == 0)
        at += length;
    return at;
}

/* Prove that the timed function holds exactly UNROLL copies of the instruction, by reading its machine code. */
static inline int prove_unrolled(int (*function)(void *, uint64_t), const char *instruction, size_t length)
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
