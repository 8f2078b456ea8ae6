/* How a benchmark is declared, below its functions. */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "interface.h"
#include "reason.h"

/* An entry of the table of benchmarks. It keeps the line because compilers reorder static data: file and line give
 * the order of declaration. */
struct pk_entry {
    const struct pk_benchmark *benchmark;
    const char *file;
    long line;
};

/* Declares a benchmark and puts its entry into an ELF section of its own, whose bounds the linker provides:
 *
 *     PK_BENCHMARK(getppid) = {.family = "syscall", .name = "getppid", …};
 *
 * Without the alignment, a compiler may place the entries further apart than the elements of an array. */
#define PK_BENCHMARK(identifier)                                                                                       \
    static const struct pk_benchmark benchmark_##identifier;                                                           \
    static const struct pk_entry entry_##identifier                                                                    \
        __attribute__((used, section("pk_benchmarks"), aligned(sizeof(void *)))) = {&benchmark_##identifier, __FILE__, \
                                                                                    __LINE__};                         \
    static const struct pk_benchmark benchmark_##identifier

/* Makes the compiler assume that memory has changed. Otherwise it could keep values in registers across the
 * operation, or move accesses to its other side. */
#define pk_barrier() __asm__ volatile("" : : : "memory")

/* The loop of every timed function. Without the pragma, gcc 14 unrolls some loops at -O2 and not others, so that a
 * case and its fixed overhead (floor) would differ in more than the operation. */
#define PK_REPEAT(loops) _Pragma("GCC unroll 1") for (uint64_t left_ = (loops); left_ != 0; left_--)

/* Points around the flush ceiling of 33 pages and around the 512 pages that one page-table page maps; up to 40 GiB. */
#define PK_PAGES_AXIS(quick_points)                                                              \
    {                                                                                            \
        .name = "pages", .meaning = "resident 4 KiB pages in the region", .quick = quick_points, \
        .points = "1,2,4,8,16,31-35,48,64,128,256,511-513,1024,4096,16384",                      \
        .more = "65536,262144,1048576,4194304,10485760"                                          \
    }
