/* The PKRU register, CPUID and the time-stamp counter. Only the files in cpu/ know the architecture.
 *
 * Instructions are emitted as bytes, so they need neither -mpku nor a recent assembler. */
#pragma once

#include <signal.h>
#include <stdint.h>

#include "cpu/system_calls.h"

#ifndef PKEY_DISABLE_ACCESS
#define PKEY_DISABLE_ACCESS 1
#endif
#ifndef PKEY_DISABLE_WRITE
#define PKEY_DISABLE_WRITE 2
#endif
#ifndef SEGV_PKUERR
#define SEGV_PKUERR 4
#endif

/* glibc has pkey_set since 2.27; musl has none. */
#if defined(__GLIBC__)
#define PK_HAS_GLIBC_PKEYS 1
#else
#define PK_HAS_GLIBC_PKEYS 0
#endif

#if defined(__x86_64__)

#include <cpuid.h>

#define PK_HAS_PKRU 1
#define PK_RDPKRU ".byte 0x0f, 0x01, 0xee\n\t" /* needs ECX = 0; EAX = PKRU, EDX = 0 */
#define PK_WRPKRU ".byte 0x0f, 0x01, 0xef\n\t" /* needs ECX = EDX = 0; PKRU = EAX */
#define PK_LFENCE "lfence\n\t"
#define PK_XGETBV ".byte 0x0f, 0x01, 0xd0\n\t"               /* needs ECX = 0; EDX:EAX = XCR0 */
#define PK_RDFSBASE ".byte 0xf3, 0x48, 0x0f, 0xae, 0xc0\n\t" /* RAX = base of FS */
#define PK_WRFSBASE ".byte 0xf3, 0x48, 0x0f, 0xae, 0xd0\n\t" /* base of FS = RAX */
#define PK_ADD(from, to) "add " from ", " to "\n\t"
#define PK_AND(from, to) "and " from ", " to "\n\t"
/* Trap unless the two are equal. The jump is not taken when they are. */
#define PK_CHECK(one, other) "cmp " one ", " other "\n\tjne 9f\n\t"
#define PK_TRAP "\n\tjmp 8f\n9:\n\tud2\n8:\n\t"
#define PK_XOR(from, to) "xor " from ", " to "\n\t"
#define PK_MOVE(from, to) "mov " from ", " to "\n\t"
#define PK_UNLESS_EQUAL(one, other, instructions) "cmp " one ", " other "\n\tje 7f\n\t" instructions "7:\n\t"
/* Register constraints of inline assembly */
#define PK_EAX "a"
#define PK_ECX "c"
#define PK_EDX "d"
#define PK_EDI "D"
/* Padding between pieces of machine code: int3 */
#define PK_CODE_FILLER 0xcc

#define PK_CODE_RETURN_BYTES 6

/* Machine code of a function that returns a number: mov eax, number; ret. */
static inline void pk_code_return(unsigned char *code, uint32_t number)
{
    code[0] = 0xb8;
    for (int i = 0; i < 4; i++)
        code[1 + i] = (unsigned char)(number >> (8 * i));
    code[5] = 0xc3;
}

static inline uint32_t pk_rdpkru(void)
{
    uint32_t pkru, edx;
    __asm__ volatile(PK_RDPKRU : "=a"(pkru), "=d"(edx) : "c"(0));
    return pkru;
}

/* The "memory" clobber keeps the compiler from moving a protected access across the write. */
static inline void pk_wrpkru(uint32_t pkru)
{
    __asm__ volatile(PK_WRPKRU : : "a"(pkru), "c"(0), "d"(0) : "memory");
}

static inline uint64_t pk_ticks(void)
{
    return __builtin_ia32_rdtsc();
}

/* CPUID; all zeros if the CPU has no such leaf. */
static inline void pk_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    uint32_t base = leaf & 0xf0000000u;
    out[0] = out[1] = out[2] = out[3] = 0;
    __cpuid(base, out[0], out[1], out[2], out[3]);
    if (out[0] < leaf) {
        out[0] = out[1] = out[2] = out[3] = 0;
        return;
    }
    __cpuid_count(leaf, subleaf, out[0], out[1], out[2], out[3]);
}

/* One CPUID instruction, leaf 0, which returns the highest leaf. */
static inline uint32_t pk_cpuid_highest(void)
{
    uint32_t highest, ebx, ecx, edx;
    __asm__ volatile("cpuid" : "=a"(highest), "=b"(ebx), "=c"(ecx), "=d"(edx) : "a"(0), "c"(0));
    return highest;
}

static inline void pk_pause(void)
{
    __builtin_ia32_pause();
}

#else /* no PKRU */

#define PK_HAS_PKRU 0
/* Benchmarks that need these are skipped here: they only have to compile. */
#define PK_RDPKRU ""
#define PK_WRPKRU ""
#define PK_LFENCE ""
#define PK_XGETBV ""
#define PK_RDFSBASE ""
#define PK_WRFSBASE ""
#define PK_ADD(from, to) ""
#define PK_AND(from, to) ""
#define PK_CHECK(one, other) ""
#define PK_TRAP ""
#define PK_XOR(from, to) ""
#define PK_MOVE(from, to) ""
#define PK_UNLESS_EQUAL(one, other, instructions) ""
#define PK_EAX "r"
#define PK_ECX "r"
#define PK_EDX "r"
#define PK_EDI "r"
#define PK_CODE_FILLER 0
#define PK_CODE_RETURN_BYTES 0

static inline void pk_code_return(unsigned char *code, uint32_t number)
{
    (void)code;
    (void)number;
}

static inline uint32_t pk_rdpkru(void)
{
    return 0;
}

static inline void pk_wrpkru(uint32_t pkru)
{
    (void)pkru;
}

static inline uint64_t pk_ticks(void)
{
    return 0;
}

static inline void pk_cpuid(uint32_t leaf, uint32_t subleaf, uint32_t out[4])
{
    (void)leaf;
    (void)subleaf;
    out[0] = out[1] = out[2] = out[3] = 0;
}

static inline uint32_t pk_cpuid_highest(void)
{
    return 0;
}

static inline void pk_pause(void)
{
    __asm__ volatile("" : : : "memory");
}

#endif

/* Whether RDPKRU and WRPKRU may be executed, that is whether the kernel has set CR4.PKE (CPUID.7.0:ECX.OSPKE). */
static inline int pk_pkru_usable(void)
{
    uint32_t leaf[4];

    pk_cpuid(7, 0, leaf);
    return PK_HAS_PKRU && leaf[2] >> 4 & 1;
}

/* Each key has two bits: 2k denies access, 2k + 1 denies writing (Intel SDM volume 3, 4.6.2). */
static inline uint32_t pk_pkru_with(uint32_t pkru, int pkey, uint32_t rights)
{
    return (pkru & ~(3u << (2 * pkey))) | rights << (2 * pkey);
}

static inline uint32_t pk_pkru_rights(uint32_t pkru, int pkey)
{
    return pkru >> (2 * pkey) & 3u;
}

/* Set one key's rights in the calling thread. */
static inline void pk_set_rights(int pkey, uint32_t rights)
{
    pk_wrpkru(pk_pkru_with(pk_rdpkru(), pkey, rights));
}
