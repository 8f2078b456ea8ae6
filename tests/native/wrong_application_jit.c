#include "fake_calls.h"
#include "wrong.h"

#include "families/application/jit.c"

static int close_nothing(void *state)
{
    struct jit *jit = state;

    jit->code.key.closed = jit->code.key.open;
    return 0;
}

static int open_nothing(void *state)
{
    struct jit *jit = state;

    jit->code.key.open = jit->code.key.closed;
    return 0;
}

/* The patch goes to a place that is not executed. */
static int patch_another_place(void *state)
{
    static char elsewhere[1 << 16];
    struct jit *jit = state;

    jit->target = elsewhere;
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
    return jit_prove(state, run_short);
}

static int protect_the_twin(void *state)
{
    const struct jit *jit = state;

    return pk_mprotect(jit->code.region.base, pk_region_length(&jit->code.region), CODE);
}

static int allow_writing(void *state)
{
    struct jit *jit = state;

    return pk_mprotect(jit->code.region.base, pk_region_length(&jit->code.region), OPEN);
}

static int close_the_alias(void *state)
{
    const struct jit *jit = state;

    return pk_mprotect(jit->alias.base, pk_region_length(&jit->alias), PROT_READ);
}

WRONG_CASES = {
    {"closing closes nothing", "application/jit-key/*", "a store that must fault was allowed", close_nothing},
    {"opening opens nothing", "application/jit-key/*", "the operation faulted", open_nothing},
    {"mprotect does nothing", "application/jit-mprotect-*", "the operation faulted", make_mprotect_idle},
    {"the code can be written to", "application/jit-double-mapping/*", "is rwx instead of r-x", allow_writing},
    {"the alias can't be written to", "application/jit-double-mapping/*", "is r-- instead of rw-", close_the_alias},
    {"the twin is protected", "application/jit-plain/*", "is r-x instead of rwx", protect_the_twin},
    {"another place is patched", "application/jit-*/bytes:*", "still returns the number from before the patch",
     patch_another_place},
    {"part of the patch is missing", "application/jit-*/bytes:*", "the patch is not in its place", NULL, verify_short},
    {0},
};
