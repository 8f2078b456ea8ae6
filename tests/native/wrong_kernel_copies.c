#include "fake_calls.h"
#include "wrong.h"

/* Whether calls report that they copied everything, and copy nothing. */
static bool pretend;

static inline long pretending_syscall4(long number, long a, long b, long c, long d)
{
    return pretend ? c : pk_syscall4(number, a, b, c, d);
}
#define pk_syscall4 pretending_syscall4

#include "families/kernel/copies.c"

static int move_nothing(void *state)
{
    (void)state;
    pretend = true;
    return 0;
}

static int forget_a_page(void *state)
{
    const struct copy *copy = state;

    return forget_page(&copy->buffer.domain.region);
}

static int tag_with_another_key(void *state)
{
    const struct copy *copy = state;

    return tag_differently(&copy->buffer.domain.region);
}

static int shorten_the_call(void *state)
{
    struct copy *copy = state;

    copy->expected++;
    return 0;
}

static int deny_nothing(void *state)
{
    const struct copy *copy = state;

    pk_wrpkru(copy->buffer.domain.key.open);
    return 0;
}

static int expect_success(void *state)
{
    struct copy *copy = state;

    copy->expected = (long)copy->bytes;
    return 0;
}

WRONG_CASES = {
    {"nothing is moved", "kernel/read-plain/*", "of the buffer has a wrong value", move_nothing},
    {"nothing is moved", "kernel/write-plain/*", "of the file has a wrong value", move_nothing},
    {"nothing is moved", "kernel/read/rights:allowed/*", "of the buffer has a wrong value", move_nothing},
    {"nothing is moved", "kernel/write/rights:allowed/*", "of the file has a wrong value", move_nothing},
    {"nothing is moved", "kernel/write/rights:write-denied/*", "of the file has a wrong value", move_nothing},
    {"the call returns something else", "kernel/read*", "the call did not return", shorten_the_call},
    {"the call returns something else", "kernel/write*", "the call did not return", shorten_the_call},
    {"a page is not populated", "kernel/read-plain/*", "of the region are resident instead of", forget_a_page},
    {"a page is not populated", "kernel/write-plain/*", "of the region are resident instead of", forget_a_page},
    {"the key denies nothing", "kernel/read/rights:*-denied/*", "must fault was allowed", deny_nothing},
    {"the key denies nothing", "kernel/write/rights:*-denied/*", "must fault was allowed", deny_nothing},
    {"the call is not refused", "kernel/read/rights:*-denied/*", "the call did not return", expect_success},
    {"the call is not refused", "kernel/write/rights:access-denied/*", "the call did not return", expect_success},
    {"the buffer has another key", "kernel/read/*", "the region has key", tag_with_another_key},
    {"the buffer has another key", "kernel/write/*", "the region has key", tag_with_another_key},
    {0},
};
