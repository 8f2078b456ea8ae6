#include "fake_calls.h"
#include "wrong.h"

#include "families/application/wasm_call.c"

static int open_the_adjacent(void *state)
{
    struct instance *instance = state;

    instance->inside = instance->outside;
    return 0;
}

static int close_the_slot(void *state)
{
    struct instance *instance = state;

    instance->inside = instance->adjacent.key.closed;
    return 0;
}

static int stay_inside(void *state)
{
    struct instance *instance = state;

    instance->outside = instance->inside;
    return 0;
}

/* The host is called with the rights of the guest. */
static int call_without_the_key(void *state)
{
    struct instance *instance = state;

    instance->call_host = call_host;
    return 0;
}

static void call_nobody(struct instance *instance)
{
    (void)instance;
}

static int forget_the_host(void *state)
{
    struct instance *instance = state;

    instance->call_host = call_nobody;
    return 0;
}

static int forget_the_guest(void *state)
{
    struct instance *instance = state;

    instance->guest = call_host;
    return 0;
}

static int protect_the_adjacent(void *state)
{
    const struct instance *instance = state;

    return pk_mprotect(instance->adjacent.region.base, pk_page_size(), PROT_NONE);
}

WRONG_CASES = {
    {"the guest reaches another slot", "application/wasm-call-key", "a load that must fault was allowed",
     open_the_adjacent},
    {"the guest does not reach its slot", "application/wasm-call-key", "the operation faulted", close_the_slot},
    {"the host is left with the guest's rights", "application/wasm-call-key", "must be allowed faulted", stay_inside},
    {"the host is called with the guest's rights", "application/wasm-call-key", "must be allowed faulted",
     call_without_the_key},
    {"the host is not called", "application/wasm-call-*", "the host was called 0 times", forget_the_host},
    {"the guest does nothing", "application/wasm-call-*", "has not loaded", forget_the_guest},
    {"the twin is protected", "application/wasm-call-unprotected", "not a VMA of its own", protect_the_adjacent},
    {0},
};
