/* A store that is denied, by a key or by the page's protection, and the ways in which a SIGSEGV handler can deal with
 * it. */
#define _GNU_SOURCE
#include "denied.h"

/* The benchmark that the handlers belong to. */
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

/* Close all regions. With a key, use another call than the timed one. */
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

/* Not inlined: sigsetjmp returns twice, so a loop around it would have to keep its counter in memory. */
static __attribute__((noinline)) void try_keyed(struct denied *denied)
{
    if (!sigsetjmp(denied->back, 1))
        frame_store(denied->regions.at->base);
    else
        pk_wrpkru(denied->key.closed); /* the handler ran with the initial PKRU, and siglongjmp does not restore it */
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
       "sigsetjmp, a store denied by a key, the SIGSEGV handler that leaves by siglongjmp, and WRPKRU to restore PKRU")
DENIED(pkey_not_present, "pkey-not-present", true, UNTOUCHED, allow_key, run_pkey_repair, prove_untouched_store, true,
       0,
       "a store denied by a key to a page that is not present, the SIGSEGV handler that allows the key in the frame it "
       "returns to, the store again, which populates the page, and WRPKRU to close the key",
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
       "a store to a read-only page that is not present, the SIGSEGV handler that makes the page writable by mprotect, "
       "the store again, which populates the page, and mprotect to read-only",
       ONE_AFTER_THE_OTHER)
