/* Going from domain to domain: each is opened, touched and closed in turn. */
#define _GNU_SOURCE
#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"
#include "memory/region.h"
#include "memory/trap.h"

#define LINE 64

/* Cache lines touched in each domain, by place on the axis. */
static const size_t lines_at[] = {0, 1, 64, 1024, 16384};

/* Everything that one operation needs, and a pointer to the next. */
struct turn {
    uint32_t open; /* PKRU that allows everything in this domain and nothing in the others */
    char *base;
    const struct turn *next;
};

struct rotation {
    struct pk_domain domains[PK_KEYS_MAX];
    struct turn turns[PK_KEYS_MAX];
    const struct turn *first; /* where a run begins */
    unsigned count;
    size_t lines;
    uint32_t closed; /* PKRU that allows nothing in any domain */
};

static size_t pages_of(const int64_t *point)
{
    size_t bytes = lines_at[point[1]] * LINE, page = pk_page_size();

    return bytes ? (bytes + page - 1) / page : 1;
}

static uint64_t memory(const int64_t *point)
{
    return (uint64_t)point[0] * pages_of(point) * pk_page_size();
}

static int support_plain(const int64_t *point)
{
    return point[0] < PK_KEYS_MAX ? 0 : pk_skip("a process has at most %d keys", PK_KEYS_MAX - 1);
}

/* The C library or other code of the process may already hold some keys. */
static int support_keyed(const int64_t *point)
{
    unsigned keys = pk_machine_probe()->keys;

    return point[0] <= keys ? 0 : pk_skip("%u keys can be had, and %lld are needed", keys, (long long)point[0]);
}

/* This comes after the domains: only then are all keys known that must be closed. */
static void plan_turns(struct rotation *rotation, const int64_t *point)
{
    rotation->lines = lines_at[point[1]];
    rotation->first = rotation->turns;
    for (unsigned i = 0; i < rotation->count; i++)
        rotation->turns[i] = (struct turn){
            .open = pk_pkru_with(rotation->closed, rotation->domains[i].key.number, 0),
            .base = rotation->domains[i].region.base,
            .next = &rotation->turns[(i + 1) % rotation->count],
        };
}

static int setup_keyed(void *state, const int64_t *point)
{
    struct rotation *rotation = state;
    int status = 0;

    while (!status && rotation->count < (unsigned)point[0])
        status = pk_domain_map(&rotation->domains[rotation->count++], pages_of(point), PKEY_DISABLE_ACCESS);
    rotation->closed = pk_rdpkru();
    plan_turns(rotation, point);
    return status;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct rotation *rotation = state;
    int status = 0;

    while (!status && rotation->count < (unsigned)point[0])
        status = pk_region_map(&rotation->domains[rotation->count++].region, pages_of(point));
    plan_turns(rotation, point);
    return status;
}

/* In reverse order, so that PKRU ends as it was before the first domain. */
static void teardown(void *state)
{
    struct rotation *rotation = state;

    while (rotation->count)
        pk_domain_unmap(&rotation->domains[--rotation->count]);
}

/* One store into each cache line. Not inlined, so that the code is the same with rights and without: padding inside
 * the outer loop would differ. */
__attribute__((noinline)) static void touch(char *base, size_t lines)
{
    volatile char *byte = base;

    PK_REPEAT(lines) {
        *byte = 1;
        byte += LINE;
    }
}

static int run_keyed(void *state, uint64_t loops)
{
    const struct rotation *rotation = state;
    const struct turn *turn = rotation->first;
    uint32_t closed = rotation->closed;
    size_t lines = rotation->lines;

    PK_REPEAT(loops) {
        pk_wrpkru(turn->open);
        touch(turn->base, lines);
        pk_wrpkru(closed);
        turn = turn->next;
    }
    return 0;
}

static int run_plain(void *state, uint64_t loops)
{
    const struct rotation *rotation = state;
    const struct turn *turn = rotation->first;
    size_t lines = rotation->lines;

    PK_REPEAT(loops) {
        touch(turn->base, lines);
        turn = turn->next;
    }
    return 0;
}

/* In its turn a domain is open, and the others are closed. */
static int prove_turn(const struct rotation *rotation, unsigned own)
{
    int status = 0;

    pk_wrpkru(rotation->turns[own].open);
    for (unsigned i = 0; i < rotation->count && !status; i++)
        status = i == own ? pk_prove_allowed(PK_STORE, rotation->turns[i].base)
                          : pk_prove_refused(PK_LOAD, rotation->turns[i].base, rotation->domains[i].key.number);
    pk_wrpkru(rotation->closed);
    return status;
}

static int prove_closed(const struct rotation *rotation)
{
    int status = 0;

    for (unsigned i = 0; i < rotation->count && !status; i++)
        status = pk_prove_refused(PK_LOAD, rotation->turns[i].base, rotation->domains[i].key.number);
    return status;
}

static void open_all(const struct rotation *rotation)
{
    uint32_t pkru = rotation->closed;

    for (unsigned i = 0; i < rotation->count; i++)
        pkru = pk_pkru_with(pkru, rotation->domains[i].key.number, 0);
    pk_wrpkru(pkru);
}

static void clear(const struct rotation *rotation)
{
    for (unsigned i = 0; i < rotation->count; i++)
        for (size_t line = 0; line < rotation->lines; line++)
            ((volatile char *)rotation->turns[i].base)[line * LINE] = 0;
}

static int prove_touched(const struct rotation *rotation)
{
    for (unsigned i = 0; i < rotation->count; i++)
        for (size_t line = 0; line < rotation->lines; line++)
            if (((volatile char *)rotation->turns[i].base)[line * LINE] != 1)
                return pk_disprove("line %zu of domain %u was not touched in its turn", line, i);
    return 0;
}

static int audit(const struct rotation *rotation)
{
    int status = 0;

    for (unsigned i = 0; i < rotation->count && !status; i++)
        status = pk_region_audit(&rotation->domains[i].region, PROT_READ | PROT_WRITE, rotation->domains[i].key.number);
    return status;
}

/* Prove each turn alone, where a fault can be attributed. Then prove all of them in a row, as they are timed. */
static int prove_round(struct rotation *rotation, int (*run)(void *, uint64_t))
{
    int status = 0;

    for (unsigned i = 0; i < rotation->count && !status; i++) {
        rotation->first = &rotation->turns[i];
        status = pk_prove_runs(run, rotation);
    }
    rotation->first = rotation->turns;
    return status;
}

static int verify_keyed(void *state)
{
    struct rotation *rotation = state;
    int status = audit(rotation); /* first, because the rest would populate pages */

    if (!status)
        status = prove_closed(rotation);
    for (unsigned i = 0; i < rotation->count && !status; i++)
        status = prove_turn(rotation, i);
    if (!status)
        status = prove_round(rotation, run_keyed);
    if (status)
        return status;
    open_all(rotation);
    clear(rotation);
    pk_wrpkru(rotation->closed);
    run_keyed(state, rotation->count);
    status = prove_closed(rotation);
    open_all(rotation);
    if (!status)
        status = prove_touched(rotation);
    pk_wrpkru(rotation->closed);
    return status;
}

static int verify_plain(void *state)
{
    struct rotation *rotation = state;
    int status = audit(rotation);

    if (!status)
        status = prove_round(rotation, run_plain);
    if (status)
        return status;
    clear(rotation);
    run_plain(state, rotation->count);
    return prove_touched(rotation);
}

#define ROTATE_AXES                                                                                     \
    {                                                                                                   \
        {.name = "keys",                                                                                \
         .meaning = "domains that are opened in turn; each has its own key if the benchmark uses keys", \
         .points = "1,2,4,8,15",                                                                        \
         .quick = "2",                                                                                  \
         .more = "3,5-7,9-14"},                                                                         \
            {.name = "bytes",                                                                           \
             .meaning = "bytes touched in each domain, by one store into each 64-byte cache line",      \
             .labels = "0,64,4Ki,64Ki,1Mi",                                                             \
             .points = "0,64,4Ki,64Ki,1Mi",                                                             \
             .quick = "64"},                                                                            \
    }

PK_BENCHMARK(rotate_floor) = {
    .family = "switch",
    .name = "rotate-floor",
    .group = "rotate",
    .axes = ROTATE_AXES,
    .floor = "instruction/empty-loop",
    .operation = "touch the next region in a round: a rotation without rights",
    .state_size = sizeof(struct rotation),
    .memory = memory,
    .support = support_plain,
    .setup = setup_plain,
    .run = run_plain,
    .verify = verify_plain,
    .teardown = teardown,
};

PK_BENCHMARK(rotate) = {
    .family = "switch",
    .name = "rotate",
    .group = "rotate",
    .axes = ROTATE_AXES,
    .needs = PK_NEEDS_KEYS,
    .floor = "switch/rotate-floor",
    .operation = "open the next domain in a round by WRPKRU, touch it, close it by WRPKRU",
    .state_size = sizeof(struct rotation),
    .memory = memory,
    .support = support_keyed,
    .setup = setup_keyed,
    .run = run_keyed,
    .verify = verify_keyed,
    .teardown = teardown,
};
