/* Instructions that show how fast the core runs: dependency chains of known latency, no-ops, and unpredictable
 * branches. */
#pragma once

#if defined(__x86_64__)

/* A chain of a hundred steps, each of which depends on the one before. The operand is a register: recent cores fold
 * additions of a constant when they rename registers, and do several in a cycle. */
#define PK_HAS_CORE_CLOCK 1
#define PK_CHAIN(instruction, value) \
    __asm__ volatile(".rept 100\n\t" instruction " %0, %0\n\t.endr" : "+r"(value) : : "cc")
#define PK_CHAIN_ADD "add"
#define PK_CHAIN_MULTIPLY "imul"
#define PK_NOPS __asm__ volatile(".rept 100\n\tnop\n\t.endr")
/* Steps of a random sequence (Marsaglia, "Xorshift RNGs", 2003). One bit of each number decides a branch, so no core
 * can predict it. The code is written out because the placement of the branches within their cache lines matters: of
 * three placements tried on a Zen 5 core, this one showed most clearly that the core's other thread was awake. */
#define PK_BRANCHES(bits, steps)                                                            \
    __asm__ volatile("jmp 2f\n\t.p2align 6\n\tnop\n"                                        \
                     "1:\tnop\n\tsub $1, %%ecx\n\tje 3f\n"                                  \
                     "2:\tmov %%rdx, %%rax\n\tshl $13, %%rax\n\txor %%rdx, %%rax\n\t"       \
                     "mov %%rax, %%rdx\n\tshr $7, %%rdx\n\txor %%rdx, %%rax\n\t"            \
                     "mov %%rax, %%rdx\n\tshl $17, %%rdx\n\txor %%rax, %%rdx\n\t"           \
                     "test $1, %%al\n\tjne 1b\n\tnop\n\tnop\n\tsub $1, %%ecx\n\tjne 2b\n3:" \
                     : "+d"(bits), "+c"(steps)                                              \
                     :                                                                      \
                     : "rax", "cc")

#else /* no core-clock calibration: this only has to compile */

#define PK_HAS_CORE_CLOCK 0
#define PK_CHAIN(instruction, value) __asm__ volatile("" : "+r"(value))
#define PK_CHAIN_ADD ""
#define PK_CHAIN_MULTIPLY ""
#define PK_NOPS __asm__ volatile("")
#define PK_BRANCHES(bits, steps) __asm__ volatile("" : "+r"(bits), "+r"(steps))

#endif
