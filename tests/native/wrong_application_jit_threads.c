#include "fake_calls.h"
#include "wrong.h"

#include "families/application/jit_threads.c"

static int close_nothing(void *state)
{
    struct jit_threads *threads = state;

    threads->jit.code.key.closed = threads->jit.code.key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct jit_threads *threads = state;

    threads->jit.code.key.open = threads->jit.code.key.closed;
    return 0;
}

/* The patch goes to a place that is not executed. */
static int patch_another_place(void *state)
{
    static char elsewhere[PATCH_BYTES];
    struct jit_threads *threads = state;

    threads->jit.target = elsewhere;
    return 0;
}

/* Only part of the patch is copied. */
static int run_short(void *state, uint64_t loops)
{
    struct jit less = *(struct jit *)state;

    less.bytes -= 8;
    /* The page would otherwise hold the rest of an earlier patch. */
    memset(less.patch + less.bytes, PK_CODE_FILLER ^ 1, 8);
    return jit_serve(&less, loops, less.code.key.number ? BY_KEY : less.changed ? BY_MPROTECT : UNPROTECTED);
}

static int verify_short(void *state)
{
    return prove(state, run_short);
}

/* The function that other threads execute in the first page returns a wrong number. */
static int change_a_function(void *state)
{
    struct jit_threads *threads = state;
    const struct jit *jit = &threads->jit;

    (jit->alias.base ? jit->alias.base : jit->code.region.base)[offset_in(0) + 1] = 99;
    return 0;
}

static void spin(void *state, unsigned member)
{
    (void)state;
    (void)member;
    pk_pause();
}

static const struct pk_team_work spinning = {.idle = spin, .verify = verify_member};

/* The other threads run, but execute none of the pages. */
static int execute_nothing(void *state)
{
    struct jit_threads *threads = state;

    threads->team.work = &spinning;
    return 0;
}

static int verify_opened_member(void *state, unsigned member)
{
    const struct jit_threads *threads = state;

    if (member)
        pk_wrpkru(threads->jit.code.key.open);
    return verify_member(state, member);
}

static const struct pk_team_work writing = {.idle = execute, .verify = verify_opened_member};

/* The other threads may write as well. */
static int allow_others(void *state)
{
    struct jit_threads *threads = state;

    threads->team.work = &writing;
    return 0;
}

static int protect_the_twin(void *state)
{
    const struct jit_threads *threads = state;

    return pk_mprotect(threads->jit.code.region.base, pk_region_length(&threads->jit.code.region), CODE);
}

static int allow_writing(void *state)
{
    const struct jit_threads *threads = state;

    return pk_mprotect(threads->jit.code.region.base, pk_region_length(&threads->jit.code.region), OPEN);
}

WRONG_CASES = {
    {"closing closes nothing", "application/jit-threads-key/*", "a store that must fault was allowed", close_nothing},
    {"opening opens nothing", "application/jit-threads-key/*", "the operation faulted", open_nothing},
    {"the other threads may write", "application/jit-threads-key/*/threads:2", "a store that must fault was allowed",
     allow_others},
    {"mprotect does nothing", "application/jit-threads-mprotect-page/*", "the operation faulted", make_mprotect_idle},
    {"the code can be written to", "application/jit-threads-mprotect-page/*", "is rwx instead of r-x", allow_writing},
    {"the code can be written to", "application/jit-threads-double-mapping/*", "is rwx instead of r-x", allow_writing},
    {"the twin is protected", "application/jit-threads-plain/*", "is r-x instead of rwx", protect_the_twin},
    {"another place is patched", "application/jit-threads-*", "still returns the number from before the patch",
     patch_another_place},
    {"part of the patch is missing", "application/jit-threads-*", "the patch is not in its place", NULL, verify_short},
    {"the other threads execute nothing", "application/jit-threads-*/threads:2", "executes nothing", execute_nothing},
    {"another function is changed", "application/jit-threads-plain/*/threads:2", "returned a wrong number",
     change_a_function},
    {"another function is changed", "application/jit-threads-double-mapping/*/threads:2", "returned a wrong number",
     change_a_function},
    {0},
};
