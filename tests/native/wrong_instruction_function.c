#include "wrong_shadow.h"

#include "families/instruction/function.c"

static int call_nothing(void *state)
{
    struct call *call = state;

    call->shadow.run = call->shadow.keyed.key.number ? run_wrpkru_inline : run_empty_inline;
    return 0;
}

static int call_another(void *state)
{
    struct call *call = state;

    call->function = note;
    return 0;
}

static int write_nothing(void *state)
{
    struct call *call = state;

    call->shadow.run = run_empty_direct;
    call->function = empty_function;
    return 0;
}

#define SAME "the two values are the same"

WRONG_CASES = {
    {"another is called", "instruction/empty-function/call:direct", "does not call the function", call_another},
    {"nothing is called", "instruction/empty-function/call:indirect", "was not called with", call_nothing},
    {"another is called", "instruction/wrpkru-function/call:direct", "does not call the function", call_another},
    {"nothing is called", "instruction/wrpkru-function/call:indirect", "was not called with", call_nothing},
    {"the function writes nothing", "instruction/wrpkru-function/call:direct", "PKRU is", write_nothing},
    {"both values allow writing", "instruction/empty-function/*", SAME, close_nothing},
    {"both values allow writing", "instruction/wrpkru-function/*", SAME, close_nothing},
    {0},
};
