#include "fake_calls.h"
#include "wrong.h"

#include "families/kernel/uring.c"

static int expect_another_answer(void *state)
{
    struct inlined *inlined = state;

    inlined->expected++;
    return 0;
}

/* The read succeeds, into another page. */
static int read_elsewhere(void *state)
{
    struct inlined *inlined = state;
    void *elsewhere = mmap(NULL, pk_page_size(), PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    inlined->ring.entry->address = (uintptr_t)elsewhere;
    return 0;
}

/* IOSQE_ASYNC */
static int demand_a_worker(void *state)
{
    struct inlined *inlined = state;

    inlined->ring.entry->flags = 16;
    return 0;
}

static int deny_nothing(void *state)
{
    const struct inlined *inlined = state;

    pk_wrpkru(inlined->buffer.domain.key.open);
    return 0;
}

static int tag_with_another_key(void *state)
{
    const struct inlined *inlined = state;

    return tag_differently(&inlined->buffer.domain.region);
}

WRONG_CASES = {
    {"the answer is another", "kernel/io-uring-read*", "io_uring did not return", expect_another_answer},
    {"another page is read", "kernel/io-uring-read-plain", "has a wrong value", read_elsewhere},
    {"another page is read", "kernel/io-uring-read/*allowed", "has a wrong value", read_elsewhere},
    {"a worker does it", "kernel/io-uring-read-plain", "the kernel handed the read to a worker", demand_a_worker},
    {"the key denies nothing", "kernel/io-uring-read/*denied", "must fault was allowed", deny_nothing},
    {"the buffer has another key", "kernel/io-uring-read/*", "the region has key", tag_with_another_key},
    {0},
};
