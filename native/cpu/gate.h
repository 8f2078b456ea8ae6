/* A call gate: call a function on another stack, with rights that are open for as long as the call lasts. It has the
 * shape of ERIM's (USENIX Security 2019) and Hodor's (USENIX ATC 2019).
 *
 * Each write of PKRU is followed by a comparison with the value meant, so that whoever jumps right to the instruction
 * with another value in EAX gets no further than the trap. */
#pragma once

#include <stdint.h>

#include "cpu/pkey.h"

#if PK_HAS_PKRU

#define PK_GATE_WRITE(pkru)             \
    "xor %%ecx, %%ecx\n\t"              \
    "xor %%edx, %%edx\n\t"              \
    "mov " pkru ", %%eax\n\t" PK_WRPKRU \
    PK_CHECK(pkru, "%%eax")

/* The caller's stack pointer is kept on the callee's stack, where only this gate can get at it. */
#define PK_GATE_CALL             \
    "mov %%rsp, -16(%[top])\n\t" \
    "lea -16(%[top]), %%rsp\n\t" \
    "call *%[entry]\n\t"         \
    "mov (%%rsp), %%rsp\n\t"

/* All that a function may change; the operands are thereby in registers that it keeps. */
#define PK_GATE_CLOBBERS                                                                                          \
    "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", \
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc"

/* `top` is the end of the stack, a multiple of 16; it need not be accessible before the gate opens. */
static inline void pk_gate(void (*entry)(void *), void *argument, char *top, uint32_t open, uint32_t closed)
{
    __asm__ volatile(PK_GATE_WRITE("%[open]") PK_GATE_CALL PK_GATE_WRITE("%[closed]") PK_TRAP
                     : "+D"(argument)
                     : [entry] "r"(entry), [top] "r"(top), [open] "r"(open), [closed] "r"(closed)
                     : PK_GATE_CLOBBERS);
}

/* The same without rights. */
static inline void pk_call_on_stack(void (*entry)(void *), void *argument, char *top)
{
    __asm__ volatile(PK_GATE_CALL : "+D"(argument) : [entry] "r"(entry), [top] "r"(top) : PK_GATE_CLOBBERS);
}

#else /* what needs these is skipped here, and only has to compile */

static inline void pk_gate(void (*entry)(void *), void *argument, char *top, uint32_t open, uint32_t closed)
{
    (void)top;
    (void)open;
    (void)closed;
    entry(argument);
}

static inline void pk_call_on_stack(void (*entry)(void *), void *argument, char *top)
{
    (void)top;
    entry(argument);
}

#endif
