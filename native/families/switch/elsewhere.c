/* The same store as in open_close.c without opening: through another mapping of the same pages, or by another thread
 * or process that may write. Whoever wants the store can read the region, and can never write to it. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"
#include "pages.h"
#include "parallel/peer.h"

struct elsewhere {
    struct pk_domain domain; /* with a key if a thread has it open; otherwise read-only */
    char *alias;             /* writable mapping of the same pages; or NULL */
    struct pk_peer peer;
};

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

/* Replace the region's pages by resident shared pages: of a file, or anonymous if `file` is -1. */
static int share(const struct pk_region *region, int file)
{
    size_t length = pk_region_length(region);
    int flags = MAP_SHARED | MAP_FIXED | (file < 0 ? MAP_ANONYMOUS : 0);

    if (mmap(region->base, length, PROT_READ | PROT_WRITE, flags, file, 0) == MAP_FAILED)
        return pk_error(errno, "map shared pages");
    madvise(region->base, length, MADV_NOHUGEPAGE); /* fails only if the kernel has no huge pages */
    for (size_t at = 0; at < length; at += pk_page_size())
        ((volatile char *)region->base)[at] = 0;
    return 0;
}

static int deny_writing(const struct pk_region *region)
{
    int status = pk_mprotect(region->base, pk_region_length(region), PROT_READ);

    return status ? pk_error(-status, "mprotect") : 0;
}

static int map_twice(struct elsewhere *elsewhere, int file)
{
    const struct pk_region *region = &elsewhere->domain.region;
    size_t length = pk_region_length(region);
    char *alias;
    int status;

    if (ftruncate(file, (off_t)length))
        return pk_error(errno, "ftruncate");
    status = share(region, file);
    if (status)
        return status;
    alias = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
    if (alias == MAP_FAILED)
        return pk_error(errno, "map the pages again");
    elsewhere->alias = alias;
    *(volatile char *)alias = 0; /* so that the written page is resident here as well */
    return deny_writing(region);
}

static int setup_double(void *state, const int64_t *point)
{
    struct elsewhere *elsewhere = state;
    int status = pk_region_reserve(&elsewhere->domain.region, (size_t)point[0]);
    int file;

    if (status)
        return status;
    file = memfd_create("pkbench", MFD_CLOEXEC);
    if (file < 0)
        return pk_error(errno, "memfd_create");
    status = map_twice(elsewhere, file);
    close(file);
    return status;
}

static int store_for_asker(void *state, int value)
{
    const struct elsewhere *elsewhere = state;

    *(volatile char *)elsewhere->domain.region.base = (char)value;
    return 0;
}

/* Touch the pages: the page tables of a forked process hold no shared pages. */
static int join_process(void *state)
{
    return store_for_asker(state, 0);
}

static int join_thread(void *state)
{
    const struct elsewhere *elsewhere = state;

    pk_wrpkru(elsewhere->domain.key.open);
    return 0;
}

static const struct pk_peer_work process_work = {.join = join_process, .answer = store_for_asker};
static const struct pk_peer_work thread_work = {.join = join_thread, .answer = store_for_asker};

static int setup_process(void *state, const int64_t *point)
{
    struct elsewhere *elsewhere = state;
    const struct pk_region *region = &elsewhere->domain.region;
    int status = pk_region_reserve(&elsewhere->domain.region, (size_t)point[0]);

    if (!status)
        status = share(region, -1);
    if (!status)
        status = pk_peer_start(&elsewhere->peer, PK_PEER_PROCESS, PK_PEER_PIPE, PK_PEER_SAME_CPU, &process_work, state);
    return status ? status : deny_writing(region);
}

static int setup_thread(void *state, const int64_t *point)
{
    struct elsewhere *elsewhere = state;
    int status = pk_domain_map(&elsewhere->domain, (size_t)point[0], PKEY_DISABLE_WRITE);

    return status
               ? status
               : pk_peer_start(&elsewhere->peer, PK_PEER_THREAD, PK_PEER_FUTEX, PK_PEER_SAME_CPU, &thread_work, state);
}

static void teardown(void *state)
{
    struct elsewhere *elsewhere = state;

    pk_peer_end(&elsewhere->peer);
    if (elsewhere->alias)
        munmap(elsewhere->alias, pk_region_length(&elsewhere->domain.region));
    pk_domain_unmap(&elsewhere->domain);
}

static int run_double(void *state, uint64_t loops)
{
    const struct elsewhere *elsewhere = state;
    volatile char *byte = elsewhere->alias;

    PK_REPEAT(loops)
        *byte = (char)left_;
    return 0;
}

static int run_ask(void *state, uint64_t loops)
{
    struct elsewhere *elsewhere = state;
    struct pk_peer *peer = &elsewhere->peer;
    int status = 0;

    PK_REPEAT(loops)
        status |= pk_peer_ask(peer, (int)left_);
    return status;
}

/* The byte is 0 before, and 1 after one operation. */
static int prove_store(struct elsewhere *elsewhere, int (*run)(void *, uint64_t))
{
    const volatile char *byte = elsewhere->domain.region.base;
    int status;

    if (*byte != 0)
        return pk_disprove("the region does not show the store that cleared the byte");
    status = pk_prove_runs(run, elsewhere);
    if (status)
        return status;
    if (*byte != 1)
        return pk_disprove("the region does not show the store");
    return pk_domain_prove_closed(&elsewhere->domain);
}

static int verify_double(void *state)
{
    struct elsewhere *elsewhere = state;
    int status = pk_domain_prove_closed(&elsewhere->domain);

    if (!status)
        status = pk_prove_allowed(PK_STORE, elsewhere->alias);
    if (status)
        return status;
    *(volatile char *)elsewhere->alias = 0;
    return prove_store(elsewhere, run_double);
}

static int verify_ask(void *state)
{
    struct elsewhere *elsewhere = state;
    struct pk_peer *peer = &elsewhere->peer;
    unsigned long answered = pk_peer_answered(peer);
    int status = pk_domain_prove_closed(&elsewhere->domain);

    if (!status)
        status = pk_peer_ask(peer, 0);
    if (!status)
        status = prove_store(elsewhere, run_ask);
    if (status)
        return status;
    if (pk_peer_id(peer) == (int)syscall(SYS_gettid))
        return pk_disprove("the thread or process that is asked is the one that asks");
    return pk_peer_answered(peer) == answered + 2
               ? 0
               : pk_disprove("not every store was made by the thread or process that was asked");
}

PK_BENCHMARK(double_mapping) = {
    .family = "switch",
    .name = "double-mapping",
    .axes = {SWITCH_PAGES_AXIS},
    .group = "switch",
    .floor = "instruction/empty-loop",
    .operation = "store a byte into a read-only region through a second, writable mapping of its pages",
    .state_size = sizeof(struct elsewhere),
    .memory = memory,
    .setup = setup_double,
    .run = run_double,
    .verify = verify_double,
    .teardown = teardown,
};

PK_BENCHMARK(futex_thread) = {
    .family = "switch",
    .name = "futex-thread",
    .axes = {SWITCH_PAGES_AXIS},
    .group = "switch",
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .floor = "instruction/empty-loop",
    .operation = "ask a thread on the same CPU by futex to store a byte, and wait for its answer; only that thread has "
                 "the key open",
    .state_size = sizeof(struct elsewhere),
    .memory = memory,
    .setup = setup_thread,
    .run = run_ask,
    .verify = verify_ask,
    .teardown = teardown,
};

PK_BENCHMARK(pipe_process) = {
    .family = "switch",
    .name = "pipe-process",
    .axes = {SWITCH_PAGES_AXIS},
    .group = "switch",
    .needs = PK_NEEDS_THREADS,
    .floor = "instruction/empty-loop",
    .operation = "ask a process on the same CPU by pipe to store a byte into a shared region, and wait for its answer; "
                 "only that process may write to the region",
    .state_size = sizeof(struct elsewhere),
    .memory = memory,
    .setup = setup_process,
    .run = run_ask,
    .verify = verify_ask,
    .teardown = teardown,
};
