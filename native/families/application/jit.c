/* A just-in-time compiler that patches a function and calls it: one page of generated code is made writable, overwritten,
 * closed. A key denies writing to data accesses only, so code under it can be executed all the time. Pages that are always
 * writable and executable are the floor of the others. */
#define _GNU_SOURCE
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"

#define CODE (PROT_READ | PROT_EXEC)
#define OPEN (PROT_READ | PROT_WRITE | PROT_EXEC)
#define DATA (PROT_READ | PROT_WRITE)

typedef uint32_t function(void);

struct jit {
    struct pk_domain code;
    struct pk_region alias; /* jit-double-mapping: the same pages, to write to */
    unsigned char *patch;   /* generated, to be copied into place */
    size_t bytes;
    char *place;   /* where the function is executed: the page in the middle */
    char *target;  /* where it is written */
    char *changed; /* what mprotect changes */
    size_t length;
    int closed; /* protection while nothing is written */
};

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[1] * pk_page_size();
}

static int support(const int64_t *point)
{
    int64_t most = (int64_t)pk_page_size();

    return point[0] >= PK_CODE_RETURN_BYTES && point[0] <= most
               ? 0
               : pk_skip("a patch of %lld bytes is none of %d to %lld: it holds a function and lies in a page",
                         (long long)point[0], PK_CODE_RETURN_BYTES, (long long)most);
}

/* Forbidden by SELinux, PaX, PR_SET_MDWE or the like. */
static int refuse(int error, const char *what)
{
    if (error == EACCES || error == EPERM)
        return pk_skip("the system forbids %s: %s", what, strerror(error));
    return pk_error(error, what);
}

static int place_patch(struct jit *jit, const int64_t *point)
{
    jit->bytes = (size_t)point[0];
    jit->patch = malloc(jit->bytes);
    if (!jit->patch)
        return pk_error(ENOMEM, "allocate the patch");
    memset(jit->patch, PK_CODE_FILLER, jit->bytes);
    jit->place = jit->code.region.base + jit->code.region.pages / 2 * pk_page_size();
    jit->target = jit->place;
    return 0;
}

static int set_up(struct jit *jit, const int64_t *point, int closed)
{
    struct pk_region *region = &jit->code.region;
    int status = pk_region_map(region, (size_t)point[1]);

    if (status)
        return status;
    memset(region->base, PK_CODE_FILLER, pk_region_length(region));
    jit->closed = closed;
    status = pk_mprotect(region->base, pk_region_length(region), closed);
    return status ? refuse(-status, "making written pages executable") : place_patch(jit, point);
}

static int setup_plain(void *state, const int64_t *point)
{
    return set_up(state, point, OPEN);
}

static int setup_key(void *state, const int64_t *point)
{
    struct jit *jit = state;
    struct pk_region *region = &jit->code.region;
    int status = set_up(jit, point, OPEN);

    if (!status)
        status = pk_key_take(&jit->code.key, PKEY_DISABLE_WRITE);
    if (status)
        return status;
    status = pk_pkey_mprotect(region->base, pk_region_length(region), OPEN, jit->code.key.number);
    return status ? pk_error(-status, "tag the code") : 0;
}

static int setup_page(void *state, const int64_t *point)
{
    struct jit *jit = state;
    int status = set_up(jit, point, CODE);

    jit->changed = jit->place;
    jit->length = pk_page_size();
    return status;
}

static int setup_all(void *state, const int64_t *point)
{
    struct jit *jit = state;
    int status = set_up(jit, point, CODE);

    jit->changed = jit->code.region.base;
    jit->length = pk_region_length(&jit->code.region);
    return status;
}

/* Put pages of a file in the place of a region's. */
static int map_file(struct pk_region *region, size_t pages, int file, int prot)
{
    int status = pk_region_reserve(region, pages);

    if (!status && mmap(region->base, pk_region_length(region), prot, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0) ==
                       MAP_FAILED)
        return refuse(errno, "executing pages of memory that are mapped twice");
    return status;
}

/* Where an instruction is changed through another linear address, Intel asks for a serializing one before it is executed (SDM
 * volume 3, 8.1.3). Compilers that map their code twice do without; so does this, and a stale answer is a failure. */
static int setup_double(void *state, const int64_t *point)
{
    struct jit *jit = state;
    size_t pages = (size_t)point[1], length = pages * pk_page_size();
    int file = memfd_create("code", MFD_CLOEXEC), status = 0;

    if (file < 0)
        return refuse(errno, "memory files");
    jit->closed = CODE;
    if (ftruncate(file, (off_t)length))
        status = pk_error(errno, "give the memory file its length");
    if (!status)
        status = map_file(&jit->alias, pages, file, DATA);
    if (!status)
        memset(jit->alias.base, PK_CODE_FILLER, length);
    if (!status)
        status = map_file(&jit->code.region, pages, file, CODE);
    close(file);
    if (!status)
        status = place_patch(jit, point);
    if (!status)
        jit->target = jit->alias.base + (jit->place - jit->code.region.base);
    return status;
}

static void teardown(void *state)
{
    struct jit *jit = state;

    pk_region_unmap(&jit->alias);
    pk_domain_unmap(&jit->code);
    free(jit->patch);
}

/* Always inlined, so that each timed loop holds what its way does and no choice. */
__attribute__((always_inline)) static inline int serve(const struct jit *state, uint64_t loops, enum way way)
{
    const struct jit jit = *state;
    function *call = (function *)(uintptr_t)jit.place;
    int status = 0;

    PK_REPEAT(loops) {
        uint32_t number = (uint32_t)left_;

        pk_code_return(jit.patch, number);
        if (way == BY_MPROTECT)
            status |= pk_mprotect(jit.changed, jit.length, DATA);
        if (way == BY_KEY)
            pk_wrpkru(jit.code.key.open);
        memcpy(jit.target, jit.patch, jit.bytes);
        if (way == BY_MPROTECT)
            status |= pk_mprotect(jit.changed, jit.length, CODE);
        if (way == BY_KEY)
            pk_wrpkru(jit.code.key.closed);
        /* What was there before the patch would answer something else. */
        status |= (int)(call() ^ number);
    }
    return status;
}

static int run_plain(void *state, uint64_t loops)
{
    return serve(state, loops, UNPROTECTED);
}

static int run_key(void *state, uint64_t loops)
{
    return serve(state, loops, BY_KEY);
}

static int run_mprotect(void *state, uint64_t loops)
{
    return serve(state, loops, BY_MPROTECT);
}

static int prove_stores(const struct jit *jit)
{
    char *byte = jit->place + pk_page_size() - 1, kept = *byte;
    int status;

    if (jit->closed == CODE)
        return pk_prove_refused(PK_STORE, byte, 0);
    if (jit->code.key.number)
        return pk_prove_refused(PK_STORE, byte, jit->code.key.number);
    status = pk_prove_allowed(PK_STORE, byte);
    *byte = kept;
    return status;
}

/* A stray store is refused, but by the plain pages; what stands in the place is the function. */
static int prove_closed(const struct jit *jit)
{
    int status = pk_region_audit(&jit->code.region, jit->closed, jit->code.key.number);

    if (!status && jit->alias.base)
        status = pk_region_audit(&jit->alias, DATA, 0);
    return status ? status : prove_stores(jit);
}

/* What the timed loop calls answers as it was patched just before, twice differently; and once more from here. */
static int prove(struct jit *jit, int (*run)(void *state, uint64_t loops))
{
    function *call = (function *)(uintptr_t)jit->place;
    int status = prove_closed(jit);

    if (!status)
        status = pk_prove_runs(run, jit);
    if (status)
        return status;
    if (run(jit, 2))
        return pk_disprove("the patched function answers as before the patch");
    if (call() != 1 || memcmp(jit->place, jit->patch, jit->bytes) != 0)
        return pk_disprove("the patch is not in its place");
    return prove_closed(jit);
}

#define JIT(identifier, text, timed, key_needs, lower, sentence)                                                   \
    static int verify_##identifier(void *state)                                                                    \
    {                                                                                                              \
        return prove(state, timed);                                                                                \
    }                                                                                                              \
    PK_BENCHMARK(jit_##identifier) = {                                                                             \
        .family = "application", .name = text, .group = "jit", .floor = lower, .needs = PK_NEEDS_X86 | (key_needs), \
        .axes = {{.name = "bytes", .meaning = "bytes of the patch", .points = "16,4096", .quick = "16"},           \
                 {.name = "pages", .meaning = "pages of code, of which one is patched", .points = "1,64",          \
                  .quick = "64"}},                                                                                 \
        .operation = sentence, .state_size = sizeof(struct jit), .memory = memory, .support = support,            \
        .setup = setup_##identifier, .run = timed, .verify = verify_##identifier, .teardown = teardown,            \
    };

#define TWIN "application/jit-plain"

JIT(plain, "jit-plain", run_plain, 0, "instruction/empty-loop",
    "patch a function in pages that are always writable and executable, and call it")
JIT(key, "jit-key", run_key, PK_NEEDS_KEYS, TWIN,
    "allow writing to pages of code by WRPKRU, patch a function in one, deny writing by WRPKRU, call it")
JIT(page, "jit-mprotect-page", run_mprotect, 0, TWIN,
    "make one page of code writable instead of executable by mprotect, patch a function in it, put it back by mprotect, "
    "call it")
JIT(all, "jit-mprotect-all", run_mprotect, 0, TWIN,
    "make all pages of code writable instead of executable by mprotect, patch a function in one, put them back by mprotect, "
    "call it")
JIT(double, "jit-double-mapping", run_plain, 0, TWIN,
    "patch a function through a second mapping of its page, which is writable, and call it")
