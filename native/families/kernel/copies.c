/* The kernel's copies to and from user memory obey the thread's PKRU: a read into a buffer and a write from one, as
 * the buffer's key allows. A refused call fails with EFAULT. */
#define _GNU_SOURCE
#include <sys/mman.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "rights.h"

enum { IN_FILE = 'f', IN_BUFFER = 'b' };

struct copy {
    struct buffer buffer;
    size_t bytes;
    int file;      /* a file in memory, as large as the buffer; 0 if not open */
    long expected; /* return value of the call */
    int reading;
};

static uint64_t memory_of(int64_t bytes)
{
    return 2 * buffer_pages((size_t)bytes) * pk_page_size();
}

static uint64_t memory_plain(const int64_t *point)
{
    return memory_of(point[0]);
}

static uint64_t memory(const int64_t *point)
{
    return memory_of(point[1]);
}

static int set_up_file(struct copy *copy, int64_t bytes)
{
    copy->bytes = (size_t)bytes;
    copy->expected = bytes;
    copy->file = memfd_create("pkbench", MFD_CLOEXEC);
    if (copy->file < 0) {
        copy->file = 0;
        return pk_error(errno, "memfd_create");
    }
    return ftruncate(copy->file, bytes) ? pk_error(errno, "ftruncate") : 0;
}

static int set_up_plain(struct copy *copy, const int64_t *point, int reading)
{
    int status = set_up_file(copy, point[0]);

    copy->reading = reading;
    return status ? status : pk_region_map(&copy->buffer.domain.region, buffer_pages(copy->bytes));
}

/* Reading from the buffer is refused only if the key denies access. Writing to it is refused if the key denies
 * anything. */
static int set_up_keyed(struct copy *copy, const int64_t *point, int reading)
{
    int status = set_up_file(copy, point[1]);

    copy->reading = reading;
    if (point[0] == RIGHTS_ACCESS_DENIED || (reading && point[0] == RIGHTS_WRITE_DENIED))
        copy->expected = -EFAULT;
    return status ? status : buffer_map(&copy->buffer, copy->bytes, point[0]);
}

static int setup_read_plain(void *state, const int64_t *point)
{
    return set_up_plain(state, point, 1);
}

static int setup_write_plain(void *state, const int64_t *point)
{
    return set_up_plain(state, point, 0);
}

static int setup_read(void *state, const int64_t *point)
{
    return set_up_keyed(state, point, 1);
}

static int setup_write(void *state, const int64_t *point)
{
    return set_up_keyed(state, point, 0);
}

static void teardown(void *state)
{
    struct copy *copy = state;

    pk_domain_unmap(&copy->buffer.domain);
    if (copy->file)
        close(copy->file);
}

static int run_read(void *state, uint64_t loops)
{
    const struct copy *copy = state;
    long file = copy->file, base = (long)copy->buffer.domain.region.base, bytes = (long)copy->bytes;
    long expected = copy->expected, status = 0;

    PK_REPEAT(loops)
        status |= pk_syscall4(SYS_pread64, file, base, bytes, 0) ^ expected;
    return status != 0;
}

static int run_write(void *state, uint64_t loops)
{
    const struct copy *copy = state;
    long file = copy->file, base = (long)copy->buffer.domain.region.base, bytes = (long)copy->bytes;
    long expected = copy->expected, status = 0;

    PK_REPEAT(loops)
        status |= pk_syscall4(SYS_pwrite64, file, base, bytes, 0) ^ expected;
    return status != 0;
}

/* Fill the file through a mapping, so that all of its pages are resident from here on. */
static int fill_file(const struct copy *copy, char value)
{
    char *mapped = mmap(NULL, copy->bytes, PROT_READ | PROT_WRITE, MAP_SHARED, copy->file, 0);

    if (mapped == MAP_FAILED)
        return pk_error(errno, "map the file");
    memset(mapped, value, copy->bytes);
    munmap(mapped, copy->bytes);
    return 0;
}

static int prove_file_holds(const struct copy *copy, char value)
{
    const char *mapped = mmap(NULL, copy->bytes, PROT_READ, MAP_SHARED, copy->file, 0);
    size_t same = 0;

    if (mapped == MAP_FAILED)
        return pk_error(errno, "map the file");
    while (same < copy->bytes && mapped[same] == value)
        same++;
    munmap((void *)mapped, copy->bytes);
    return same == copy->bytes ? 0 : pk_disprove("byte %zu of the file has a wrong value", same);
}

/* An allowed call copies every byte, a refused call copies none. Neither changes the source. */
static int verify(void *state)
{
    struct copy *copy = state;
    int moved = copy->expected >= 0;
    int status = buffer_prove(&copy->buffer);

    if (!status)
        status = fill_file(copy, IN_FILE);
    if (status)
        return status;
    buffer_fill(&copy->buffer, copy->bytes, IN_BUFFER);
    if ((copy->reading ? run_read : run_write)(state, 1))
        return pk_disprove("the call did not return %ld", copy->expected);
    status = prove_file_holds(copy, moved && !copy->reading ? IN_BUFFER : IN_FILE);
    return status ? status
                  : buffer_prove_holds(&copy->buffer, copy->bytes, moved && copy->reading ? IN_FILE : IN_BUFFER);
}

#define BYTES_AXIS                                                                                          \
    {                                                                                                       \
        .name = "bytes", .meaning = "bytes copied by one call", .points = "1,4096,1048576", .quick = "4096" \
    }

#define RIGHTS_AXIS                                                                                                \
    {                                                                                                              \
        .name = "rights", .meaning = "access that the buffer's key allows to the thread", .labels = RIGHTS_LABELS, \
        .points = RIGHTS_LABELS, .quick = RIGHTS_LABELS                                                            \
    }

PK_BENCHMARK(read_plain) = {
    .family = "kernel",
    .name = "read-plain",
    .group = "copy-plain",
    .floor = "syscall/mprotect-length-0",
    .axes = {BYTES_AXIS},
    .operation = "pread of a file in memory into a buffer without a key",
    .state_size = sizeof(struct copy),
    .memory = memory_plain,
    .setup = setup_read_plain,
    .run = run_read,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(write_plain) = {
    .family = "kernel",
    .name = "write-plain",
    .group = "copy-plain",
    .floor = "syscall/mprotect-length-0",
    .axes = {BYTES_AXIS},
    .operation = "pwrite to a file in memory from a buffer without a key",
    .state_size = sizeof(struct copy),
    .memory = memory_plain,
    .setup = setup_write_plain,
    .run = run_write,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(read) = {
    .family = "kernel",
    .name = "read",
    .group = "copy",
    .floor = "syscall/mprotect-length-0",
    .needs = PK_NEEDS_KEYS,
    .axes = {RIGHTS_AXIS, BYTES_AXIS},
    .operation =
        "pread of a file in memory into a buffer under a key, refused with EFAULT where the key denies writing",
    .state_size = sizeof(struct copy),
    .memory = memory,
    .setup = setup_read,
    .run = run_read,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(write) = {
    .family = "kernel",
    .name = "write",
    .group = "copy",
    .floor = "syscall/mprotect-length-0",
    .needs = PK_NEEDS_KEYS,
    .axes = {RIGHTS_AXIS, BYTES_AXIS},
    .operation =
        "pwrite to a file in memory from a buffer under a key, refused with EFAULT where the key denies access",
    .state_size = sizeof(struct copy),
    .memory = memory,
    .setup = setup_write,
    .run = run_write,
    .verify = verify,
    .teardown = teardown,
};
