/* The program of a small process: machine code that needs no library. It reads a request, forks so many times, waits
 * for each child, times it all by itself, and writes its answer. */
#pragma once

#include "cpu/clock.h"
#include "program.h"

/* Its file descriptors */
enum { REQUESTS, ANSWERS, PROGRAM = 3, FILES };

#define CHILD_EXECUTES 1

struct request {
    uint64_t loops;
    uint64_t child; /* bit 0: the child executes PROGRAM. Otherwise it exits with the code in bits 8 to 15 */
};

struct answer {
    int64_t status; /* 0 if every child exited as it should */
    struct pk_clock from, to;
};

#if HAS_PROGRAM
_Static_assert(sizeof(struct request) == 16 && sizeof(struct answer) == 56, "as the code below has it");

extern const uint8_t pk_small_begin[], pk_small_end[];

/* The request is at the stack pointer, the answer 16 bytes above it: status, clock before, clock after. Then the
 * status of a child, and the arguments of execveat. The clocks are read as pk_clock_begin and pk_clock_end read them,
 * but by system calls. r12: loops left; r13: what the child does; r14: status; r15: how each child must end. */
__asm__(".pushsection .rodata\n"
        ".global pk_small_begin, pk_small_end\n"
        ".hidden pk_small_begin, pk_small_end\n"
        "pk_small_begin:\n"
        "    sub $128, %rsp\n"
        "1:  xor %eax, %eax\n" /* read(REQUESTS, request, 16) */
        "    xor %edi, %edi\n"
        "    mov %rsp, %rsi\n"
        "    mov $16, %edx\n"
        "    syscall\n"
        "    cmp $16, %rax\n"
        "    jne 5f\n"
        "    mov (%rsp), %r12\n"
        "    mov 8(%rsp), %r13\n"
        "    xor %r14d, %r14d\n"
        "    mov %r13d, %r15d\n"
        "    and $0xff00, %r15d\n"
        "    mov $228, %eax\n" /* clock_gettime(CLOCK_MONOTONIC_RAW, from) */
        "    mov $4, %edi\n"
        "    lea 24(%rsp), %rsi\n"
        "    syscall\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rdx, %rax\n"
        "    mov %rax, 40(%rsp)\n"
        "2:  mov $56, %eax\n" /* clone(SIGCHLD, 0, 0, 0, 0) */
        "    mov $17, %edi\n"
        "    xor %esi, %esi\n"
        "    xor %edx, %edx\n"
        "    xor %r10d, %r10d\n"
        "    xor %r8d, %r8d\n"
        "    syscall\n"
        "    test %rax, %rax\n"
        "    je 3f\n"
        "    mov %rax, %rbx\n"
        "    mov %rax, %rdi\n"
        "    mov $61, %eax\n" /* wait4(child, how, 0, 0) */
        "    lea 72(%rsp), %rsi\n"
        "    movq $0, (%rsi)\n"
        "    xor %edx, %edx\n"
        "    xor %r10d, %r10d\n"
        "    syscall\n"
        "    xor %rbx, %rax\n"
        "    or %rax, %r14\n"
        "    mov 72(%rsp), %rax\n"
        "    xor %r15, %rax\n"
        "    or %rax, %r14\n"
        "    dec %r12\n"
        "    jne 2b\n"
        "    rdtsc\n"
        "    shl $32, %rdx\n"
        "    or %rdx, %rax\n"
        "    mov %rax, 64(%rsp)\n"
        "    mov $228, %eax\n" /* clock_gettime(CLOCK_MONOTONIC_RAW, to) */
        "    mov $4, %edi\n"
        "    lea 48(%rsp), %rsi\n"
        "    syscall\n"
        "    mov %r14, 16(%rsp)\n"
        "    mov $1, %eax\n" /* write(ANSWERS, answer, 56) */
        "    mov $1, %edi\n"
        "    lea 16(%rsp), %rsi\n"
        "    mov $56, %edx\n"
        "    syscall\n"
        "    jmp 1b\n"
        "3:  test $1, %r13b\n"
        "    je 4f\n"
        "    movq $0, 72(%rsp)\n" /* an empty string */
        "    lea 72(%rsp), %rsi\n"
        "    mov %rsi, 80(%rsp)\n" /* the only argument; no environment */
        "    movq $0, 88(%rsp)\n"
        "    lea 80(%rsp), %rdx\n"
        "    lea 88(%rsp), %r10\n"
        "    mov $0x1000, %r8d\n" /* execveat(PROGRAM, "", arguments, environment, AT_EMPTY_PATH) */
        "    mov $3, %edi\n"
        "    mov $322, %eax\n"
        "    syscall\n"
        "    mov $0x7f00, %r13d\n"
        "4:  mov %r13d, %edi\n"
        "    shr $8, %edi\n"
        "    jmp 6f\n"
        "5:  xor %edi, %edi\n"
        "6:  mov $231, %eax\n" /* exit_group */
        "    syscall\n"
        "pk_small_end:\n"
        ".popsection\n");
#else
static const uint8_t pk_small_begin[1], *const pk_small_end = pk_small_begin;
#endif
