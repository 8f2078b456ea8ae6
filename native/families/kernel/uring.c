/* io_uring: a read that the kernel does while the thread submits it, and which obeys the thread's PKRU like any
 * other. A read in a worker would obey the worker's PKRU, which depends on when the worker was created: that cannot
 * be repeated. */
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "rights.h"

/* From linux/io_uring.h, which a musl toolchain may lack. The numbers are the same on every architecture. */
#define IO_URING_SETUP 425
#define IO_URING_ENTER 426
#define ENTER_GETEVENTS 1
#define OP_READ 22
#define OFFSET_QUEUES 0
#define OFFSET_ENTRIES 0x10000000

/* Offsets of the parts of a queue in its mapping. */
struct places {
    uint32_t head, tail, mask, count;
    union {
        struct {
            uint32_t flags, dropped, array;
        } submission;
        struct {
            uint32_t overflow, entries, flags;
        } completion;
    };
    uint32_t unused[3];
};

struct parameters {
    uint32_t submissions, completions, unused[8];
    struct places submission, completion;
};

struct submission {
    uint8_t opcode, flags;
    uint16_t priority;
    int32_t file;
    uint64_t offset, address;
    uint32_t length, unused[9];
};

struct completion {
    uint64_t unused;
    int32_t result;
    uint32_t flags;
};

struct ring {
    int file; /* 0 if not open */
    char *queues;
    size_t length;
    struct submission *entry; /* the only one */
    atomic_uint *submitted, *seen;
    volatile struct completion *completions;
    uint32_t mask;
};

struct inlined {
    struct buffer buffer;
    struct ring ring;
    int zeros; /* /dev/zero, which the kernel never has to wait for; 0 if not open */
    int expected;
};

static int open_ring(struct parameters *parameters)
{
    memset(parameters, 0, sizeof *parameters);
    return (int)pk_syscall4(IO_URING_SETUP, 1, (long)parameters, 0, 0);
}

static int support(const int64_t *point)
{
    struct parameters parameters;
    int ring = open_ring(&parameters);

    (void)point;
    if (ring == -ENOSYS)
        return pk_skip("the kernel has no io_uring");
    if (ring == -EPERM)
        return pk_skip("io_uring is disabled: sysctl kernel.io_uring_disabled=0, or a system-call filter");
    if (ring >= 0)
        close(ring);
    return 0;
}

static int map_ring(struct ring *ring, const struct parameters *parameters)
{
    size_t completions = parameters->completions * sizeof(struct completion);
    size_t length = parameters->completion.completion.entries + completions;
    size_t array_end = parameters->submission.submission.array + parameters->submissions * sizeof(uint32_t);
    void *entry;

    ring->length = length > array_end ? length : array_end;
    ring->queues = mmap(NULL, ring->length, PROT_READ | PROT_WRITE, MAP_SHARED, ring->file, OFFSET_QUEUES);
    if (ring->queues == MAP_FAILED) {
        ring->queues = NULL;
        return pk_error(errno, "map the queues of io_uring");
    }
    entry = mmap(NULL, sizeof *ring->entry, PROT_READ | PROT_WRITE, MAP_SHARED, ring->file, OFFSET_ENTRIES);
    if (entry == MAP_FAILED)
        return pk_error(errno, "map the entries of io_uring");
    ring->entry = entry;
    ring->submitted = (void *)(ring->queues + parameters->submission.tail);
    ring->seen = (void *)(ring->queues + parameters->completion.head);
    ring->completions = (void *)(ring->queues + parameters->completion.completion.entries);
    ring->mask = parameters->completions - 1;
    return 0;
}

static int set_up_ring(struct ring *ring)
{
    struct parameters parameters;
    int file = open_ring(&parameters);

    if (file < 0)
        return pk_error(-file, "io_uring_setup");
    ring->file = file;
    return map_ring(ring, &parameters);
}

static void end_ring(struct ring *ring)
{
    if (ring->entry)
        munmap(ring->entry, sizeof *ring->entry);
    if (ring->queues)
        munmap(ring->queues, ring->length);
    if (ring->file)
        close(ring->file);
}

/* There is one entry, used again and again. The queue's array names it from the start. */
static int set_up_read(struct inlined *inlined)
{
    int status = set_up_ring(&inlined->ring), zeros;

    if (status)
        return status;
    /* Linux before 6.1 hands a read to a worker unless the file is non-blocking. */
    zeros = open("/dev/zero", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (zeros < 0)
        return pk_error(errno, "/dev/zero");
    inlined->zeros = zeros;
    *inlined->ring.entry = (struct submission){.opcode = OP_READ,
                                               .file = zeros,
                                               .length = (uint32_t)pk_page_size(),
                                               .address = (uintptr_t)inlined->buffer.domain.region.base};
    return 0;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct inlined *inlined = state;
    int status = pk_region_map(&inlined->buffer.domain.region, 1);

    (void)point;
    inlined->expected = (int)pk_page_size();
    return status ? status : set_up_read(inlined);
}

static int setup(void *state, const int64_t *point)
{
    struct inlined *inlined = state;
    int status = buffer_map(&inlined->buffer, pk_page_size(), point[0]);

    inlined->expected = point[0] == RIGHTS_ALLOWED ? (int)pk_page_size() : -EFAULT;
    return status ? status : set_up_read(inlined);
}

static void teardown(void *state)
{
    struct inlined *inlined = state;

    end_ring(&inlined->ring);
    pk_domain_unmap(&inlined->buffer.domain);
    if (inlined->zeros)
        close(inlined->zeros);
}

static int run(void *state, uint64_t loops)
{
    const struct inlined *inlined = state;
    const struct ring *ring = &inlined->ring;
    atomic_uint *submitted = ring->submitted, *seen = ring->seen;
    volatile struct completion *completions = ring->completions;
    uint32_t mask = ring->mask, tail = atomic_load(submitted), head = atomic_load(seen);
    long file = ring->file, status = 0;
    int expected = inlined->expected;

    PK_REPEAT(loops) {
        atomic_store_explicit(submitted, ++tail, memory_order_release);
        status |= pk_syscall6(IO_URING_ENTER, file, 1, 1, ENTER_GETEVENTS, 0, 0) ^ 1;
        status |= completions[head & mask].result ^ expected;
        atomic_store_explicit(seen, ++head, memory_order_release);
    }
    return status != 0;
}

static unsigned count_threads(void)
{
    DIR *folder = opendir("/proc/self/task");
    unsigned count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

/* An allowed read fills the whole buffer with zeros, a refused one leaves it alone. Neither may have used a worker,
 * which would show as another thread of this process. */
static int verify(void *state)
{
    struct inlined *inlined = state;
    size_t bytes = pk_page_size();
    int status = buffer_prove(&inlined->buffer);
    unsigned threads = count_threads();

    if (status)
        return status;
    buffer_fill(&inlined->buffer, bytes, 'b');
    if (run(state, 1))
        return pk_disprove("io_uring did not return %d", inlined->expected);
    if (count_threads() > threads)
        return pk_disprove("the kernel handed the read to a worker");
    return buffer_prove_holds(&inlined->buffer, bytes, inlined->expected < 0 ? 'b' : 0);
}

PK_BENCHMARK(io_uring_read_plain) = {
    .family = "kernel",
    .name = "io-uring-read-plain",
    .floor = "syscall/mprotect-length-0",
    .support = support,
    .operation = "submit to io_uring a read of 4 KiB of /dev/zero into a buffer without a key, and take its completion",
    .state_size = sizeof(struct inlined),
    .setup = setup_plain,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};

PK_BENCHMARK(io_uring_read) = {
    .family = "kernel",
    .name = "io-uring-read",
    .floor = "syscall/mprotect-length-0",
    .needs = PK_NEEDS_KEYS,
    .support = support,
    .axes = {{.name = "rights",
              .meaning = "access that the buffer's key allows to the thread",
              .labels = "allowed,write-denied",
              .points = "allowed,write-denied",
              .quick = "allowed,write-denied"}},
    .operation = "submit to io_uring a read of 4 KiB of /dev/zero into a buffer under a key, and take its completion; "
                 "it is refused with EFAULT if the key denies writing",
    .state_size = sizeof(struct inlined),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
