/* Programs of a few instructions: the smallest ELF files that Linux executes, as files in memory. */
#pragma once

#include <errno.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "benchmark.h"

/* From linux/memfd.h, which a musl toolchain may lack. Since Linux 6.3: the file is to be executable. */
#define PROGRAM_EXECUTABLE 0x10u

#if defined(__x86_64__)
#define HAS_PROGRAM 1
#else
#define HAS_PROGRAM 0
#endif

/* Exits with 0, or with the lowest byte of PKRU if it gets an argument:
 *
 *     xor %edi,%edi; cmpl $1,(%rsp); je end; xor %ecx,%ecx; rdpkru; mov %eax,%edi; end: mov $231,%eax; syscall */
static const uint8_t program_exit[] = {0x31, 0xff, 0x83, 0x3c, 0x24, 0x01, 0x74, 0x07, 0x31, 0xc9, 0x0f,
                                       0x01, 0xee, 0x89, 0xc7, 0xb8, 0xe7, 0x00, 0x00, 0x00, 0x0f, 0x05};

/* A header, and one segment that is the whole file. */
struct program_header {
    uint8_t identity[16];
    uint16_t type, machine;
    uint32_t version;
    uint64_t entry, segments, sections;
    uint32_t flags;
    uint16_t sizes[6]; /* of header, segment header, number of segments, section header, number of sections, names */
    uint32_t load, access;
    uint64_t offset, address, physical, in_file, in_memory, alignment;
};

static inline int program_support(const int64_t *point)
{
    (void)point;
    return HAS_PROGRAM ? 0 : pk_skip("pkbench has no program to execute on %s", pk_machine_probe()->architecture);
}

/* Open a file in memory that holds this code as a program. 0, PK_SKIPPED or -errno. */
static inline int program_open(const void *code, size_t length, int *opened)
{
    const uint64_t address = 0x400000, whole = sizeof(struct program_header) + length;
    struct program_header header = {
        .identity = {0x7f, 'E', 'L', 'F', 2, 1, 1},
        .type = 2,
        .machine = 62,
        .version = 1,
        .entry = address + sizeof header,
        .segments = offsetof(struct program_header, load),
        .sizes = {offsetof(struct program_header, load), sizeof header - offsetof(struct program_header, load), 1},
        .load = 1,
        .access = 5,
        .address = address,
        .physical = address,
        .in_file = whole,
        .in_memory = whole,
        .alignment = 4096,
    };
    int file = memfd_create("pkbench", MFD_CLOEXEC | PROGRAM_EXECUTABLE);

    if (file < 0 && errno == EINVAL)
        file = memfd_create("pkbench", MFD_CLOEXEC);
    if (file < 0)
        return errno == EACCES
                   ? pk_skip("the system does not allow files in memory to be executed: sysctl vm.memfd_noexec=0")
                   : pk_error(errno, "memfd_create");
    *opened = file;
    if (write(file, &header, sizeof header) < 0 || write(file, code, length) < 0)
        return pk_error(errno, "write the program");
    return 0;
}
