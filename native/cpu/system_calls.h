/* Raw system calls. musl has no wrappers for the calls on keys. */
#pragma once

#include <errno.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

/* These three calls have the same number on every architecture that uses Linux's generic table. */
#ifndef SYS_pkey_mprotect
#if defined(__x86_64__)
#define SYS_pkey_mprotect 329
#define SYS_pkey_alloc 330
#define SYS_pkey_free 331
#else
#define SYS_pkey_mprotect 288
#define SYS_pkey_alloc 289
#define SYS_pkey_free 290
#endif
#endif

#if defined(__x86_64__)

static inline long pk_getppid(void)
{
    long result;
    __asm__ volatile("syscall" : "=a"(result) : "a"(SYS_getppid) : "rcx", "r11", "memory");
    return result;
}

static inline long pk_syscall4(long number, long a, long b, long c, long d)
{
    long result;
    register long r10 __asm__("r10") = d;
    __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
    return result;
}

static inline long pk_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    long result;
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    __asm__ volatile("syscall"
                     : "=a"(result)
                     : "a"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
}

#else

static inline long pk_syscall4(long number, long a, long b, long c, long d)
{
    long result = syscall(number, a, b, c, d);
    return result == -1 ? -(long)errno : result;
}

static inline long pk_syscall6(long number, long a, long b, long c, long d, long e, long f)
{
    long result = syscall(number, a, b, c, d, e, f);
    return result == -1 ? -(long)errno : result;
}

static inline long pk_getppid(void)
{
    return syscall(SYS_getppid);
}

#endif

/* These return 0 or more on success, -errno on failure. */
static inline int pk_mprotect(void *address, size_t length, int prot)
{
    return (int)pk_syscall4(SYS_mprotect, (long)address, (long)length, prot, 0);
}

static inline int pk_pkey_mprotect(void *address, size_t length, int prot, int pkey)
{
    return (int)pk_syscall4(SYS_pkey_mprotect, (long)address, (long)length, prot, pkey);
}

static inline int pk_pkey_alloc(uint32_t rights)
{
    return (int)pk_syscall4(SYS_pkey_alloc, 0, (long)rights, 0, 0);
}

static inline int pk_pkey_free(int pkey)
{
    return (int)pk_syscall4(SYS_pkey_free, pkey, 0, 0, 0);
}
