/* A store that is denied, by a key or by the page's protection, and what a handler of SIGSEGV can do about it. */
#define _GNU_SOURCE
#include <setjmp.h>

#include "benchmark.h"
#include "domain.h"
#include "frame.h"
#include "trap.h"

/* Pages that are not resident, one a store. */
#define UNTOUCHED 64

struct denied {
    struct pk_regions regions; /* of one page each, closed for writing */
    struct pk_key key;         /* none: by the page's protection */
    struct handler handler;
    sigjmp_buf back;
    size_t page;
};

/* What the handlers work for. */
static struct denied *volatile current;

static void allow_key(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (handler_take(&current->handler, info, context))
        frame_allow_key(context, current->key.number);
}

static void allow_page(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (handler_take(&current->handler, info, context))
        pk_mprotect(info->si_addr, current->page, PROT_READ | PROT_WRITE);
}

static void step_over(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (handler_take(&current->handler, info, context))
        frame_step_over_store(context);
}

static void jump_out(int signal, siginfo_t *info, void *context)
{
    (void)signal;
    if (handler_take(&current->handler, info, context))
        siglongjmp(current->back, 1);
}

/* Close all regions, by other means than what is timed where there is a key. */
static int close_regions(struct denied *denied)
{
    for (size_t i = 0; i < denied->regions.count; i++) {
        const struct pk_region *region = &denied->regions.at[i];
        int status = denied->key.number
                         ? pk_pkey_mprotect(region->base, pk_page_size(), PROT_READ | PROT_WRITE, denied->key.number)
                         : pk_mprotect(region->base, pk_page_size(), PROT_READ);
        if (status)
            return pk_error(-status, "close a region");
    }
    if (denied->key.number)
        pk_wrpkru(denied->key.closed);
    return 0;
}

static int set_up(struct denied *denied, bool keyed, size_t count, void (*handle)(int, siginfo_t *, void *))
{
    int status = keyed ? pk_key_take(&denied->key, PKEY_DISABLE_WRITE) : 0;

    if (!status)
        status = pk_regions_map(&denied->regions, count, 1);
    if (!status)
        status = close_regions(denied);
    denied->page = pk_page_size();
    denied->handler.code = keyed ? SEGV_PKUERR : SEGV_ACCERR;
    current = denied;
    return status ? status : handler_install(&denied->handler, SIGSEGV, 0, handle);
}

static void teardown(void *state)
{
    struct denied *denied = state;

    handler_remove(&denied->handler);
    current = NULL;
    pk_regions_unmap(&denied->regions);
    pk_key_give_back(&denied->key);
}

static uint64_t batch_untouched(const void *state)
{
    (void)state;
    return UNTOUCHED;
}

static int prepare_untouched(void *state)
{
    struct denied *denied = state;

    for (size_t i = 0; i < UNTOUCHED; i++)
        if (madvise(denied->regions.at[i].base, pk_page_size(), MADV_DONTNEED))
            return pk_error(errno, "give a page back");
    return 0;
}

static int run_pkey_repair(void *state, uint64_t loops)
{
    struct denied *denied = state;
    char *at = denied->regions.at->base;
    size_t step = denied->regions.count > 1 ? denied->regions.stride : 0;
    uint32_t closed = denied->key.closed;

    handler_begin(&denied->handler, loops);
    PK_REPEAT(loops) {
        frame_store(at);
        pk_wrpkru(closed);
        at += step;
    }
    return handler_end(&denied->handler);
}

static int run_mprotect_repair(void *state, uint64_t loops)
{
    struct denied *denied = state;
    char *at = denied->regions.at->base;
    size_t step = denied->regions.count > 1 ? denied->regions.stride : 0, length = pk_page_size();
    int status = 0;

    handler_begin(&denied->handler, loops);
    PK_REPEAT(loops) {
        frame_store(at);
        status |= pk_mprotect(at, length, PROT_READ);
        at += step;
    }
    return status | handler_end(&denied->handler);
}

static int run_skip(void *state, uint64_t loops)
{
    struct denied *denied = state;
    char *address = denied->regions.at->base;

    handler_begin(&denied->handler, loops);
    PK_REPEAT(loops)
        frame_store(address);
    return handler_end(&denied->handler);
}

/* Not inlined: where sigsetjmp returns twice, a loop around it would have to keep its counter in memory. */
static __attribute__((noinline)) void try_keyed(struct denied *denied)
{
    if (!sigsetjmp(denied->back, 1))
        frame_store(denied->regions.at->base);
    else
        pk_wrpkru(denied->key.closed); /* the handler had PKRU's initial value, and siglongjmp keeps it */
}

static __attribute__((noinline)) void try_plain(struct denied *denied)
{
    if (!sigsetjmp(denied->back, 1))
        frame_store(denied->regions.at->base);
}

static int run_pkey_longjmp(void *state, uint64_t loops)
{
    struct denied *denied = state;

    handler_begin(&denied->handler, loops);
    PK_REPEAT(loops)
        try_keyed(denied);
    return handler_end(&denied->handler);
}

static int run_mprotect_longjmp(void *state, uint64_t loops)
{
    struct denied *denied = state;

    handler_begin(&denied->handler, loops);
    PK_REPEAT(loops)
        try_plain(denied);
    return handler_end(&denied->handler);
}

static int clear_byte(const struct denied *denied)
{
    const struct pk_region *region = &denied->regions.at[0];
    int status;

    if (denied->key.number)
        pk_wrpkru(denied->key.open);
    else
        pk_mprotect(region->base, pk_page_size(), PROT_READ | PROT_WRITE);
    status = pk_prove_allowed(PK_STORE, region->base);
    if (!status)
        *(volatile char *)region->base = 0;
    if (denied->key.number)
        pk_wrpkru(denied->key.closed);
    else
        pk_mprotect(region->base, pk_page_size(), PROT_READ);
    return status;
}

/* The processor says whether the page was there, and whether its key denied the store: 1 present, 2 write, 4 user mode,
 * 0x20 key. Where no page is there, only the kernel knows of the key. */
static int prove_denied(const struct denied *denied, bool resident)
{
    const struct pk_region *region = &denied->regions.at[0];
    uint64_t expected = !resident ? 6 : denied->key.number ? 0x27 : 7;
    struct pk_fault fault;
    int status = pk_prove_refused(PK_STORE, region->base, denied->key.number);

    if (!status)
        status = pk_trap(PK_STORE, region->base, &fault);
    if (status)
        return status;
    if (fault.error_code && fault.error_code != expected)
        return pk_disprove("the fault's error code is 0x%llx instead of 0x%llx", (unsigned long long)fault.error_code,
                           (unsigned long long)expected);
    return 0;
}

static int prove_resident(const struct denied *denied, bool expected)
{
    unsigned char resident;

    if (mincore(denied->regions.at[0].base, pk_page_size(), &resident))
        return pk_error(errno, "mincore");
    return (resident & 1) == expected ? 0 : pk_disprove("the page is %s", expected ? "not resident" : "resident");
}

/* One operation: caught once, the store made or not, and closed as before. */
static int prove_one(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    volatile char *byte = denied->regions.at[0].base;
    int failed = run(denied, 1), status = handler_prove_once(&denied->handler);

    if (!status && failed)
        status = pk_disprove("the operation failed");
    if (status)
        return status;
    if (denied->key.number && pk_rdpkru() != denied->key.closed)
        return pk_disprove("PKRU is 0x%08x instead of 0x%08x", pk_rdpkru(), denied->key.closed);
    status = pk_prove_allowed(PK_LOAD, byte);
    if (!status && *byte != stored)
        status = pk_disprove(stored ? "the store was not made" : "the store was made");
    return status ? status : prove_denied(denied, true);
}

static int prove_resident_store(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    int prot = denied->key.number ? PROT_READ | PROT_WRITE : PROT_READ;
    int status = pk_regions_audit(&denied->regions, prot, denied->key.number);

    if (!status)
        status = clear_byte(denied);
    if (!status)
        status = prove_denied(denied, true);
    return status ? status : prove_one(denied, run, stored);
}

static int prove_untouched_store(struct denied *denied, int (*run)(void *, uint64_t), bool stored)
{
    int status = prepare_untouched(denied);

    if (!status)
        status = prove_denied(denied, false);
    if (!status)
        status = prove_resident(denied, false);
    if (!status)
        status = prove_one(denied, run, stored);
    return status ? status : prove_resident(denied, true);
}

#define DENIED(identifier, text, keyed, count, handle, timed, proof, stored, shown, sentence, ...) \
    static int setup_##identifier(void *state, const int64_t *point)                               \
    {                                                                                              \
        (void)point;                                                                               \
        return set_up(state, keyed, count, handle);                                                \
    }                                                                                              \
    static int verify_##identifier(void *state)                                                    \
    {                                                                                              \
        return proof(state, timed, stored);                                                        \
    }                                                                                              \
    PK_BENCHMARK(identifier) = {.family = "fault",                                                 \
                                .name = text,                                                      \
                                .group = "denied",                                                 \
                                .floor = "instruction/empty-loop",                                 \
                                .headline = shown,                                                 \
                                .needs = keyed ? PK_NEEDS_KEYS : 0,                                \
                                .operation = sentence,                                             \
                                .state_size = sizeof(struct denied),                               \
                                .setup = setup_##identifier,                                       \
                                .run = timed,                                                      \
                                .verify = verify_##identifier,                                     \
                                .teardown = teardown,                                              \
                                __VA_ARGS__};
#define ONE_AFTER_THE_OTHER .batch = batch_untouched, .prepare = prepare_untouched

DENIED(pkey_repair, "pkey-repair", true, 1, allow_key, run_pkey_repair, prove_resident_store, true, 1,
       "a store denied by a key, the SIGSEGV handler that allows the key in the frame it returns to, the store again, "
       "and WRPKRU to close the key")
DENIED(pkey_skip, "pkey-skip", true, 1, step_over, run_skip, prove_resident_store, false, 0,
       "a store denied by a key, and the SIGSEGV handler that steps over it")
DENIED(pkey_longjmp, "pkey-longjmp", true, 1, jump_out, run_pkey_longjmp, prove_resident_store, false, 0,
       "sigsetjmp, a store denied by a key, the SIGSEGV handler that leaves by siglongjmp, and WRPKRU to put PKRU back")
DENIED(pkey_not_present, "pkey-not-present", true, UNTOUCHED, allow_key, run_pkey_repair, prove_untouched_store, true,
       0,
       "a store denied by a key to a page that is not there yet, the SIGSEGV handler that allows the key in the frame "
       "it returns to, the store again, which populates the page, and WRPKRU to close the key",
       ONE_AFTER_THE_OTHER)
DENIED(mprotect_repair, "mprotect-repair", false, 1, allow_page, run_mprotect_repair, prove_resident_store, true, 1,
       "a store to a read-only page, the SIGSEGV handler that makes the page writable by mprotect, the store again, "
       "and mprotect to read-only")
DENIED(mprotect_skip, "mprotect-skip", false, 1, step_over, run_skip, prove_resident_store, false, 0,
       "a store to a read-only page, and the SIGSEGV handler that steps over it")
DENIED(mprotect_longjmp, "mprotect-longjmp", false, 1, jump_out, run_mprotect_longjmp, prove_resident_store, false, 0,
       "sigsetjmp, a store to a read-only page, and the SIGSEGV handler that leaves by siglongjmp")
DENIED(mprotect_not_present, "mprotect-not-present", false, UNTOUCHED, allow_page, run_mprotect_repair,
       prove_untouched_store, true, 0,
       "a store to a read-only page that is not there yet, the SIGSEGV handler that makes the page writable by "
       "mprotect, the store again, which populates the page, and mprotect to read-only",
       ONE_AFTER_THE_OTHER)
