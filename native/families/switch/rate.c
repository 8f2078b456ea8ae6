/* Switching at intervals, with work in between: the cost that switches add to a program, by the time between two of
 * them. The work is a number of instructions, not a time, so that it is the same on each run and machine. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

/* Odd, so that no power of it is 0 modulo 2^64. It is the multiplier of Knuth's MMIX generator. */
#define FACTOR 6364136223846793005u

struct rate {
    struct pk_domain domain;
    uint64_t work; /* multiplications between two switches */
};

static int map_page(struct rate *rate, const int64_t *point)
{
    rate->work = (uint64_t)point[0];
    return pk_region_map(&rate->domain.region, 1);
}

static int setup_open(void *state, const int64_t *point)
{
    return map_page(state, point);
}

static int setup_plain(void *state, const int64_t *point)
{
    struct rate *rate = state;
    int status = map_page(rate, point);

    if (!status)
        status = pk_mprotect(rate->domain.region.base, pk_page_size(), PROT_READ);
    return status < 0 ? pk_error(-status, "mprotect") : status;
}

static int setup_keyed(void *state, const int64_t *point)
{
    struct rate *rate = state;

    rate->work = (uint64_t)point[0];
    return pk_domain_map(&rate->domain, 1, PKEY_DISABLE_WRITE);
}

static void teardown(void *state)
{
    struct rate *rate = state;

    pk_domain_unmap(&rate->domain);
}

/* The value passes through a register each time, because the compiler would otherwise merge several multiplications.
 * Not inlined, so that the code is the same with switches and without: padding inside the outer loop would differ. */
__attribute__((noinline)) static uint64_t work(uint64_t value, uint64_t multiplications)
{
    PK_REPEAT(multiplications) {
        value *= FACTOR;
        __asm__ volatile("" : "+r"(value));
    }
    return value;
}

static int run_work(void *state, uint64_t loops)
{
    const struct rate *rate = state;
    volatile uint64_t *result = (volatile uint64_t *)rate->domain.region.base;
    uint64_t multiplications = rate->work, value = 1;

    PK_REPEAT(loops) {
        value = work(value, multiplications);
        *result = value;
    }
    return 0;
}

static int run_wrpkru(void *state, uint64_t loops)
{
    const struct rate *rate = state;
    volatile uint64_t *result = (volatile uint64_t *)rate->domain.region.base;
    uint64_t multiplications = rate->work, value = 1;
    uint32_t open = rate->domain.key.open, closed = rate->domain.key.closed;

    PK_REPEAT(loops) {
        value = work(value, multiplications);
        pk_wrpkru(open);
        *result = value;
        pk_wrpkru(closed);
    }
    return 0;
}

static int run_mprotect(void *state, uint64_t loops)
{
    const struct rate *rate = state;
    void *base = rate->domain.region.base;
    volatile uint64_t *result = base;
    uint64_t multiplications = rate->work, value = 1;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(loops) {
        value = work(value, multiplications);
        status |= pk_mprotect(base, length, PROT_READ | PROT_WRITE);
        *result = value;
        status |= pk_mprotect(base, length, PROT_READ);
    }
    return status;
}

/* FACTOR to this power by squaring, to check the result of the work independently. */
static uint64_t power(uint64_t exponent)
{
    uint64_t result = 1, square = FACTOR;

    for (; exponent; exponent >>= 1) {
        if (exponent & 1)
            result *= square;
        square *= square;
    }
    return result;
}

/* Two operations: the second continues where the first ended. */
static int prove_work(struct rate *rate, int (*run)(void *, uint64_t))
{
    const volatile uint64_t *result = (const volatile uint64_t *)rate->domain.region.base;
    int status = pk_prove_runs(run, rate);

    if (status)
        return status;
    if (*result != power(rate->work))
        return pk_disprove("the result of the work was not stored");
    status = run(rate, 2);
    if (status)
        return status;
    return *result == power(2 * rate->work) ? 0
                                            : pk_disprove("the result of the work of two operations was not stored");
}

static int prove_closed(const struct rate *rate)
{
    const struct pk_region *region = &rate->domain.region;
    int key = rate->domain.key.number, status = pk_region_audit(region, key ? PROT_READ | PROT_WRITE : PROT_READ, key);

    return status ? status : pk_prove_refused(PK_STORE, region->base, key);
}

static int verify_work(void *state)
{
    struct rate *rate = state;
    int status = pk_region_audit(&rate->domain.region, PROT_READ | PROT_WRITE, 0);

    return status ? status : prove_work(rate, run_work);
}

static int prove_switches(struct rate *rate, int (*run)(void *, uint64_t))
{
    int status = prove_closed(rate);

    if (!status)
        status = prove_work(rate, run);
    return status ? status : prove_closed(rate);
}

static int verify_wrpkru(void *state)
{
    return prove_switches(state, run_wrpkru);
}

static int verify_mprotect(void *state)
{
    return prove_switches(state, run_mprotect);
}

/* From 50 ns to 1 ms of work between two switches. */
#define WORK_AXIS                                                                                                     \
    {                                                                                                                 \
        .name = "work", .points = "50,200,1000,5000,20000,100000", .quick = "1000", .more = "1000000",                \
        .meaning = "64-bit multiplications between two switches, each of the previous result: 3 cycles each on most " \
                   "CPUs, about 1 ns at 3 GHz"                                                                        \
    }

PK_BENCHMARK(rate_work) = {
    .family = "switch",
    .name = "rate-work",
    .group = "rate",
    .axes = {WORK_AXIS},
    .floor = "instruction/empty-loop",
    .operation = "do the work, store the result: a program without switches",
    .state_size = sizeof(struct rate),
    .setup = setup_open,
    .run = run_work,
    .verify = verify_work,
    .teardown = teardown,
};

PK_BENCHMARK(rate_wrpkru) = {
    .family = "switch",
    .name = "rate-wrpkru",
    .group = "rate",
    .axes = {WORK_AXIS},
    .needs = PK_NEEDS_KEYS,
    .floor = "switch/rate-work",
    .operation = "do the work, open a page by WRPKRU, store the result, close the page by WRPKRU",
    .state_size = sizeof(struct rate),
    .setup = setup_keyed,
    .run = run_wrpkru,
    .verify = verify_wrpkru,
    .teardown = teardown,
};

PK_BENCHMARK(rate_mprotect) = {
    .family = "switch",
    .name = "rate-mprotect",
    .group = "rate",
    .axes = {WORK_AXIS},
    .floor = "switch/rate-work",
    .operation = "do the work, open a page by mprotect, store the result, close the page by mprotect to read-only",
    .state_size = sizeof(struct rate),
    .setup = setup_plain,
    .run = run_mprotect,
    .verify = verify_mprotect,
    .teardown = teardown,
};
