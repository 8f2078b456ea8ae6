/* A call gate: calls a function on another stack, with rights that are open only during the call. It is built like
 * the gates of ERIM (USENIX Security 2019) and Hodor (USENIX ATC 2019).
 *
 * After each write of PKRU, the gate compares the register with the intended value. An attacker who jumps straight to
 * the instruction with another value in EAX therefore runs into the trap. */
#pragma once

#include <stdint.h>

#include "cpu/pkey.h"

#if PK_HAS_PKRU

#define PK_GATE_WRITE(pkru)             \
    "xor %%ecx, %%ecx\n\t"              \
    "xor %%edx, %%edx\n\t"              \
    "mov " pkru ", %%eax\n\t" PK_WRPKRU \
    PK_CHECK(pkru, "%%eax")

/* The caller's stack pointer is saved on the callee's stack, which only this gate can access. */
#define PK_GATE_CALL             \
    "mov %%rsp, -16(%[top])\n\t" \
    "lea -16(%[top]), %%rsp\n\t" \
    "call *%[entry]\n\t"         \
    "mov (%%rsp), %%rsp\n\t"

/* Everything that a function may change. The compiler therefore keeps the operands in registers that the callee
 * preserves. */
#define PK_GATE_CLOBBERS                                                                                          \
    "rax", "rcx", "rdx", "rsi", "r8", "r9", "r10", "r11", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", \
        "xmm7", "xmm8", "xmm9", "xmm10", "xmm11", "xmm12", "xmm13", "xmm14", "xmm15", "memory", "cc"

/* `top` is the end of the stack, a multiple of 16. It need not be accessible before the gate opens. */
static inline void pk_gate(void (*entry)(void *), void *argument, char *top, uint32_t open, uint32_t closed)
{
    __asm__ volatile(PK_GATE_WRITE("%[open]") PK_GATE_CALL PK_GATE_WRITE("%[closed]") PK_TRAP
                     : "+D"(argument)
                     : [entry] "r"(entry), [top] "r"(top), [open] "r"(open), [closed] "r"(closed)
                     : PK_GATE_CLOBBERS);
}

/* The same call without a change of rights. */
static inline void pk_call_on_stack(void (*entry)(void *), void *argument, char *top)
{
    __asm__ volatile(PK_GATE_CALL : "+D"(argument) : [entry] "r"(entry), [top] "r"(top) : PK_GATE_CLOBBERS);
}

#else /* benchmarks that need these are skipped here: they only have to compile */

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
