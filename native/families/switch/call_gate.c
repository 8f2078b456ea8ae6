/* Entering a domain by a call. A gate opens the domain, switches to a stack inside it, calls, returns and closes. */
#define _GNU_SOURCE
#include <stddef.h>

#include "benchmark.h"
#include "cpu/gate.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

/* More than a stack needs. */
#define STACK_PAGES 4

/* Data at the start of the domain. The stack is at its end. */
struct inside {
    volatile char byte;
    void *volatile frame; /* stack frame of the last function called, if it reported one */
};

struct gate {
    struct pk_domain domain;
    void (*entry)(void *);
    char *top; /* end of the stack inside */
};

static void store(void *argument)
{
    struct inside *inside = argument;

    inside->byte = 1;
}

static void tell_frame(void *argument)
{
    struct inside *inside = argument;

    inside->frame = __builtin_frame_address(0);
}

static void choose_entry(struct gate *gate)
{
    gate->entry = store;
    gate->top = gate->domain.region.base + pk_region_length(&gate->domain.region);
}

static int setup_keyed(void *state, const int64_t *point)
{
    struct gate *gate = state;
    int status = pk_domain_map(&gate->domain, 1 + STACK_PAGES, PKEY_DISABLE_ACCESS);

    (void)point;
    choose_entry(gate);
    return status;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct gate *gate = state;
    int status = pk_region_map(&gate->domain.region, 1 + STACK_PAGES);

    (void)point;
    choose_entry(gate);
    return status;
}

static void teardown(void *state)
{
    struct gate *gate = state;

    pk_domain_unmap(&gate->domain);
}

static int run_gate(void *state, uint64_t loops)
{
    const struct gate *gate = state;
    uint32_t open = gate->domain.key.open, closed = gate->domain.key.closed;
    void (*entry)(void *) = gate->entry;
    char *top = gate->top;
    void *inside = gate->domain.region.base;

    PK_REPEAT(loops)
        pk_gate(entry, inside, top, open, closed);
    return 0;
}

static int run_floor(void *state, uint64_t loops)
{
    const struct gate *gate = state;
    void (*entry)(void *) = gate->entry;
    char *top = gate->top;
    void *inside = gate->domain.region.base;

    PK_REPEAT(loops)
        pk_call_on_stack(entry, inside, top);
    return 0;
}

/* Open the domain to look into it, if it can be closed. */
static void open_domain(const struct gate *gate)
{
    if (gate->domain.key.number)
        pk_wrpkru(gate->domain.key.open);
}

static void close_domain(const struct gate *gate)
{
    if (gate->domain.key.number)
        pk_wrpkru(gate->domain.key.closed);
}

/* Run one iteration with a function that reports its frame instead of the timed one. */
static int prove_stack(struct gate *gate, int (*run)(void *, uint64_t))
{
    struct inside *inside = (struct inside *)gate->domain.region.base;
    void (*timed)(void *) = gate->entry;
    char *frame;
    int status;

    gate->entry = tell_frame;
    status = pk_prove_runs(run, gate);
    gate->entry = timed;
    if (status)
        return status;
    open_domain(gate);
    frame = inside->frame;
    close_domain(gate);
    if (frame <= gate->domain.region.base + pk_page_size() ||
        frame >= gate->domain.region.base + pk_region_length(&gate->domain.region))
        return pk_disprove("the function ran on a stack outside the domain");
    return 0;
}

static int prove_store(struct gate *gate, int (*run)(void *, uint64_t))
{
    struct inside *inside = (struct inside *)gate->domain.region.base;
    char stored;
    int status;

    open_domain(gate);
    inside->byte = 0;
    close_domain(gate);
    status = pk_prove_runs(run, gate);
    if (status)
        return status;
    open_domain(gate);
    stored = inside->byte;
    close_domain(gate);
    return stored == 1 ? 0 : pk_disprove("the store inside the domain did not happen");
}

/* Neither the data nor the stack can be read. */
static int prove_closed(const struct gate *gate)
{
    const struct pk_region *region = &gate->domain.region;
    int key = gate->domain.key.number, status = pk_prove_refused(PK_LOAD, region->base, key);

    return status ? status : pk_prove_refused(PK_LOAD, region->base + pk_region_length(region) - 1, key);
}

static int verify_floor(void *state)
{
    struct gate *gate = state;
    int status = pk_region_audit(&gate->domain.region, PROT_READ | PROT_WRITE, 0);

    if (!status)
        status = prove_stack(gate, run_floor);
    return status ? status : prove_store(gate, run_floor);
}

static int verify_gate(void *state)
{
    struct gate *gate = state;
    int status = pk_region_audit(&gate->domain.region, PROT_READ | PROT_WRITE, gate->domain.key.number);

    if (!status)
        status = prove_closed(gate);
    if (!status)
        status = prove_stack(gate, run_gate);
    if (!status)
        status = prove_store(gate, run_gate);
    return status ? status : prove_closed(gate);
}

PK_BENCHMARK(call_gate_floor) = {
    .family = "switch",
    .name = "call-gate-floor",
    .group = "call-gate",
    .needs = PK_NEEDS_X86,
    .floor = "instruction/empty-loop",
    .operation = "switch to another stack, call a function that stores a byte, return: a call gate without rights",
    .state_size = sizeof(struct gate),
    .setup = setup_plain,
    .run = run_floor,
    .verify = verify_floor,
    .teardown = teardown,
};

PK_BENCHMARK(call_gate) = {
    .family = "switch",
    .name = "call-gate",
    .group = "call-gate",
    .needs = PK_NEEDS_X86 | PK_NEEDS_KEYS,
    .headline = 1,
    .floor = "switch/call-gate-floor",
    .operation = "open a domain by a checked WRPKRU, switch to a stack inside it, call a function that stores a byte, "
                 "return, close the domain by another checked WRPKRU",
    .state_size = sizeof(struct gate),
    .setup = setup_keyed,
    .run = run_gate,
    .verify = verify_gate,
    .teardown = teardown,
};
