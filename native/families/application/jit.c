/* A just-in-time compiler that patches a function and calls it. One page of generated code is made writable,
 * overwritten and closed. A key denies data writes only, so code under the key stays executable all the time. Pages
 * that are always writable and executable are the fixed overhead (floor) of the others. */
#define _GNU_SOURCE
#include "jit.h"

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[1] * pk_page_size();
}

static int support(const int64_t *point)
{
    int64_t most = (int64_t)pk_page_size();

    return point[0] >= PK_CODE_RETURN_BYTES && point[0] <= most
               ? 0
               : pk_skip("%lld is not a valid patch size: a patch has %d to %lld bytes, because it holds a function "
                         "and fits in a page",
                         (long long)point[0], PK_CODE_RETURN_BYTES, (long long)most);
}

static int setup_plain(void *state, const int64_t *point)
{
    return jit_set_up(state, (size_t)point[0], (size_t)point[1], OPEN);
}

static int setup_key(void *state, const int64_t *point)
{
    int status = setup_plain(state, point);

    return status ? status : jit_tag(state);
}

static int set_up_changed(struct jit *jit, const int64_t *point)
{
    jit->opened = DATA;
    return jit_set_up(jit, (size_t)point[0], (size_t)point[1], CODE);
}

static int setup_page(void *state, const int64_t *point)
{
    struct jit *jit = state;
    int status = set_up_changed(jit, point);

    jit->changed = jit->place;
    jit->length = pk_page_size();
    return status;
}

static int setup_all(void *state, const int64_t *point)
{
    struct jit *jit = state;
    int status = set_up_changed(jit, point);

    jit->changed = jit->code.region.base;
    jit->length = pk_region_length(&jit->code.region);
    return status;
}

static int setup_double(void *state, const int64_t *point)
{
    return jit_set_up_double(state, (size_t)point[0], (size_t)point[1]);
}

static void teardown(void *state)
{
    jit_unmap(state);
}

static int run_plain(void *state, uint64_t loops)
{
    return jit_serve(state, loops, UNPROTECTED);
}

static int run_key(void *state, uint64_t loops)
{
    return jit_serve(state, loops, BY_KEY);
}

static int run_mprotect(void *state, uint64_t loops)
{
    return jit_serve(state, loops, BY_MPROTECT);
}

#define JIT(identifier, text, timed, key_needs, lower, sentence)                                                      \
    static int verify_##identifier(void *state)                                                                       \
    {                                                                                                                 \
        return jit_prove(state, timed);                                                                               \
    }                                                                                                                 \
    PK_BENCHMARK(jit_##identifier) = {                                                                                \
        .family = "application",                                                                                      \
        .name = text,                                                                                                 \
        .group = "jit",                                                                                               \
        .floor = lower,                                                                                               \
        .needs = PK_NEEDS_X86 | (key_needs),                                                                          \
        .axes =                                                                                                       \
            {{.name = "bytes", .meaning = "bytes of the patch", .points = "16,4096", .quick = "16"},                  \
             {.name = "pages", .meaning = "pages of code; one of them is patched", .points = "1,64", .quick = "64"}}, \
        .operation = sentence,                                                                                        \
        .state_size = sizeof(struct jit),                                                                             \
        .memory = memory,                                                                                             \
        .support = support,                                                                                           \
        .setup = setup_##identifier,                                                                                  \
        .run = timed,                                                                                                 \
        .verify = verify_##identifier,                                                                                \
        .teardown = teardown,                                                                                         \
    };

#define TWIN "application/jit-plain"

JIT(plain, "jit-plain", run_plain, 0, "instruction/empty-loop",
    "patch a function in pages that are always writable and executable, and call it")
JIT(key, "jit-key", run_key, PK_NEEDS_KEYS, TWIN,
    "allow writing to pages of code by WRPKRU, patch a function in one page, deny writing by WRPKRU, call the function")
JIT(page, "jit-mprotect-page", run_mprotect, 0, TWIN,
    "make one page of code writable instead of executable by mprotect, patch a function in it, make it executable "
    "again by mprotect, call the function")
JIT(all, "jit-mprotect-all", run_mprotect, 0, TWIN,
    "make all pages of code writable instead of executable by mprotect, patch a function in one page, make them "
    "executable again by mprotect, call the function")
JIT(double, "jit-double-mapping", run_plain, 0, TWIN,
    "patch a function through a second, writable mapping of its page, and call it")
