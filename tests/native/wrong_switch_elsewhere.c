#include "fake_calls.h"
#include "wrong.h"

#include "families/switch/elsewhere.c"

/* Map other pages than the region's. */
static int store_into_other_pages(void *state)
{
    static char other;
    struct elsewhere *elsewhere = state;

    elsewhere->alias = &other;
    return 0;
}

static int store_nothing(void *state, int value)
{
    (void)state;
    (void)value;
    return 0;
}

static int start_idle_peer(struct elsewhere *elsewhere, enum pk_peer_kind kind, enum pk_peer_way way)
{
    static const struct pk_peer_work idle_work = {.answer = store_nothing};

    pk_peer_end(&elsewhere->peer);
    return pk_peer_start(&elsewhere->peer, kind, way, PK_PEER_SAME_CPU, &idle_work, elsewhere);
}

static int ask_an_idle_thread(void *state)
{
    return start_idle_peer(state, PK_PEER_THREAD, PK_PEER_FUTEX);
}

static int ask_an_idle_process(void *state)
{
    return start_idle_peer(state, PK_PEER_PROCESS, PK_PEER_PIPE);
}

static int allow_writing(void *state)
{
    const struct elsewhere *elsewhere = state;
    const struct pk_domain *domain = &elsewhere->domain;

    if (domain->key.number)
        pk_wrpkru(domain->key.open);
    else
        pk_mprotect(domain->region.base, pk_region_length(&domain->region), PROT_READ | PROT_WRITE);
    return 0;
}

static int forget_a_page(void *state)
{
    const struct elsewhere *elsewhere = state;

    return forget_page(&elsewhere->domain.region);
}

static int tag_with_another_key(void *state)
{
    const struct elsewhere *elsewhere = state;

    return tag_differently(&elsewhere->domain.region);
}

WRONG_CASES = {
    {"the second mapping is of other pages", "switch/double-mapping/*", "does not show the store",
     store_into_other_pages},
    {"the thread stores nothing", "switch/futex-thread/*", "does not show the store", ask_an_idle_thread},
    {"the process stores nothing", "switch/pipe-process/*", "does not show the store", ask_an_idle_process},
    {"the key allows writing", "switch/futex-thread/*", "a store that must fault was allowed", allow_writing},
    {"the region is writable", "switch/double-mapping/*", "the region is rw- instead of r--", allow_writing},
    {"the region is writable", "switch/pipe-process/*", "the region is rw- instead of r--", allow_writing},
    {"a page is not populated", "switch/double-mapping/pages:2", "of the region are resident instead of",
     forget_a_page},
    {"a page is not populated", "switch/futex-thread/pages:2", "of the region are resident instead of", forget_a_page},
    {"a page is not populated", "switch/pipe-process/pages:2", "of the region are resident instead of", forget_a_page},
    {"the region has another key", "switch/futex-thread/*", "the region has key", tag_with_another_key},
    {0},
};
