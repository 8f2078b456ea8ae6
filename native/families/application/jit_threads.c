/* A just-in-time compiler that patches a function while other threads execute functions in the same pages, as
 * browsers and virtual machines do. The pages must stay executable so that the other threads are not held up.
 * mprotect makes a page writable for all threads; a key does so only for the thread that patches. Pages that are
 * always writable are the fixed overhead (floor) of the others. */
#define _GNU_SOURCE
#include <stdatomic.h>
#include <stdbool.h>
#include <time.h>

#include "jit.h"
#include "parallel/thread_team.h"

#define PATCH_BYTES 16
#define MEMBERS_MAX 1024
#define PATCHES 16 /* patches between two checks of the other threads */

/* At least one cache line for each thread, so that they do not slow each other down. */
struct executor {
    _Alignas(128) atomic_ullong rounds; /* in each of which every function returned its number */
    atomic_ullong wrong;
};

struct jit_threads {
    struct jit jit; /* first, so that a pointer to it is also a pointer to this struct */
    struct executor *executors;
    struct pk_team team;
};

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pk_page_size();
}

static int support(const int64_t *point)
{
    return point[1] <= MEMBERS_MAX ? 0 : pk_skip("more than %d threads are not supported", MEMBERS_MAX);
}

/* Offset in a page of the function that the other threads execute, far from the one that is patched. */
static size_t offset_in(size_t page)
{
    return page * pk_page_size() + pk_page_size() / 2;
}

static uint32_t number_of(size_t page)
{
    return (uint32_t)page + 1;
}

static void plant_functions(char *base, size_t pages)
{
    for (size_t page = 0; page < pages; page++)
        pk_code_return((unsigned char *)base + offset_in(page), number_of(page));
}

/* What another thread does all the time: call the function of each page once. */
static void execute(void *state, unsigned member)
{
    const struct jit_threads *threads = state;
    const struct pk_region *code = &threads->jit.code.region;
    struct executor *executor = &threads->executors[member];
    bool right = true;

    for (size_t page = 0; page < code->pages; page++) {
        function *call = (function *)(uintptr_t)(code->base + offset_in(page));
        right &= call() == number_of(page);
    }
    atomic_fetch_add_explicit(right ? &executor->rounds : &executor->wrong, 1, memory_order_relaxed);
}

static int verify_member(void *state, unsigned member)
{
    const struct jit_threads *threads = state;

    return member ? jit_prove_stores(&threads->jit) : 0;
}

static const struct pk_team_work executing = {.idle = execute, .verify = verify_member};

static int start(struct jit_threads *threads, const int64_t *point)
{
    size_t bytes = (size_t)point[1] * sizeof *threads->executors;

    threads->executors = aligned_alloc(_Alignof(struct executor), bytes);
    if (!threads->executors)
        return pk_error(ENOMEM, "allocate the threads' counters");
    memset(threads->executors, 0, bytes);
    return pk_team_start(&threads->team, (unsigned)point[1], PK_TEAM_THREADS, &executing, threads);
}

/* Writable and executable pages. Where the system forbids them, only a second mapping works. */
static int set_up_open(struct jit *jit, const int64_t *point)
{
    int status = jit_set_up(jit, PATCH_BYTES, (size_t)point[0], OPEN);

    if (!status)
        plant_functions(jit->code.region.base, jit->code.region.pages);
    return status;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct jit_threads *threads = state;
    int status = set_up_open(&threads->jit, point);

    return status ? status : start(threads, point);
}

/* Take the key before starting the threads: they inherit its rights. */
static int setup_key(void *state, const int64_t *point)
{
    struct jit_threads *threads = state;
    int status = set_up_open(&threads->jit, point);

    if (!status)
        status = jit_tag(&threads->jit);
    return status ? status : start(threads, point);
}

static int setup_page(void *state, const int64_t *point)
{
    struct jit_threads *threads = state;
    struct jit *jit = &threads->jit;
    int status = set_up_open(jit, point);

    if (status)
        return status;
    jit->changed = jit->place;
    jit->length = pk_page_size();
    jit->opened = OPEN;
    jit->closed = CODE;
    status = pk_mprotect(jit->code.region.base, pk_region_length(&jit->code.region), CODE);
    return status ? pk_error(-status, "deny writing to the code") : start(threads, point);
}

static int setup_double(void *state, const int64_t *point)
{
    struct jit_threads *threads = state;
    struct jit *jit = &threads->jit;
    int status = jit_set_up_double(jit, PATCH_BYTES, (size_t)point[0]);

    if (status)
        return status;
    plant_functions(jit->alias.base, jit->alias.pages);
    return start(threads, point);
}

static void teardown(void *state)
{
    struct jit_threads *threads = state;

    pk_team_end(&threads->team);
    free(threads->executors);
    jit_unmap(&threads->jit);
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

/* Patch until another thread has completed a full round. Wait longer and longer between patches: with a single CPU,
 * the other thread runs only then. */
static int prove_executing(struct jit_threads *threads, int (*run)(void *state, uint64_t loops), unsigned member)
{
    const struct executor *executor = &threads->executors[member];
    uint64_t before = atomic_load_explicit(&executor->rounds, memory_order_relaxed);

    for (long milliseconds = 1; milliseconds < 600; milliseconds *= 2) {
        const struct timespec time = {.tv_nsec = milliseconds * 1000000};

        if (run(threads, PATCHES))
            return pk_disprove(
                "the patched function still returns the number from before the patch while others execute");
        nanosleep(&time, NULL);
        if (atomic_load_explicit(&executor->wrong, memory_order_relaxed))
            return pk_disprove("a function that is not patched returned a wrong number");
        if (atomic_load_explicit(&executor->rounds, memory_order_relaxed) >
            before + 1) /* one round may have been under way */
            return 0;
    }
    return pk_disprove("another thread executes nothing while a function is patched");
}

/* A key refuses the other threads' stores even while this thread may write. */
static int prove_strays_refused(struct jit_threads *threads)
{
    const struct pk_key *key = &threads->jit.code.key;
    int status;

    if (key->number)
        pk_wrpkru(key->open);
    status = pk_team_verify(&threads->team);
    if (key->number)
        pk_wrpkru(key->closed);
    return status;
}

static int prove(struct jit_threads *threads, int (*run)(void *state, uint64_t loops))
{
    int status = jit_prove(&threads->jit, run);

    for (unsigned i = 1; i < threads->team.count && !status; i++)
        status = prove_executing(threads, run, i);
    return status ? status : prove_strays_refused(threads);
}

#define JIT(identifier, text, timed, key_needs, lower, sentence)                                                     \
    static int verify_##identifier(void *state)                                                                      \
    {                                                                                                                \
        return prove(state, timed);                                                                                  \
    }                                                                                                                \
    PK_BENCHMARK(jit_threads_##identifier) = {                                                                       \
        .family = "application",                                                                                     \
        .name = text,                                                                                                \
        .group = "jit-threads",                                                                                      \
        .floor = lower,                                                                                              \
        .needs = PK_NEEDS_THREADS | PK_NEEDS_X86 | (key_needs),                                                      \
        .axes =                                                                                                      \
            {{.name = "pages", .meaning = "pages of code; one of them is patched", .points = "1,64", .quick = "64"}, \
             {.name = "threads",                                                                                     \
              .meaning = "threads; one of them patches and the others execute",                                      \
              .points = "cpus",                                                                                      \
              .quick = "cpus"}},                                                                                     \
        .operation = sentence,                                                                                       \
        .state_size = sizeof(struct jit_threads),                                                                    \
        .memory = memory,                                                                                            \
        .support = support,                                                                                          \
        .setup = setup_##identifier,                                                                                 \
        .run = timed,                                                                                                \
        .verify = verify_##identifier,                                                                               \
        .teardown = teardown,                                                                                        \
    };

#define TWIN "application/jit-threads-plain"

JIT(plain, "jit-threads-plain", run_plain, 0, "instruction/empty-loop",
    "patch a function in pages that are always writable and that other threads execute, and call it")
JIT(key, "jit-threads-key", run_key, PK_NEEDS_KEYS, TWIN,
    "allow writing to pages of code by WRPKRU, patch a function in one page, deny writing by WRPKRU, call the "
    "function, while other threads execute the pages and may never write")
JIT(page, "jit-threads-mprotect-page", run_mprotect, 0, TWIN,
    "make one page of code writable as well as executable by mprotect, patch a function in it, deny writing by "
    "mprotect, call the function, while other threads execute the pages")
JIT(double, "jit-threads-double-mapping", run_plain, 0, TWIN,
    "patch a function through a second, writable mapping of its page, and call it, while other threads execute the "
    "pages")
