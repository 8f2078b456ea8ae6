#include "wrong.h"

#include "families/domains/process.c"

static int enter_another(void *state)
{
    struct owners *owners = state;

    owners->accesses.length = 1;
    return 0;
}

static int join_without_a_page(void *state)
{
    struct owner *owner = state;
    int status = join(state);

    return status ? status : forget_page(&(struct pk_region){.base = owner->region.base, .pages = owner->pages});
}

static int answer_nothing(void *state, int request)
{
    return request >= ASK_WHETHER ? answer(state, request) : 0;
}

/* Another process replaces the one that is asked last. */
static int replace_the_last(void *state, const struct pk_peer_work *work)
{
    struct owners *owners = state;
    struct owner *last = &owners->at[owners->count - 1];

    pk_peer_end(&last->peer);
    return pk_peer_start(&last->peer, PK_PEER_PROCESS, PK_PEER_FUTEX, PK_PEER_SAME_CPU, work, last);
}

static int make_a_store_idle(void *state)
{
    static const struct pk_peer_work idle = {.join = join, .answer = answer_nothing};

    return replace_the_last(state, &idle);
}

static int forget_a_page(void *state)
{
    static const struct pk_peer_work sparse = {.join = join_without_a_page, .answer = answer_nothing};

    return replace_the_last(state, &sparse);
}

WRONG_CASES = {
    {"only one domain is entered", "domains/process/*", "did not store what it was asked to", enter_another},
    {"a process does not store", "domains/process/*", "did not store what it was asked to", make_a_store_idle},
    {"a page is not populated", "domains/process/*", "are not resident", forget_a_page},
    {0},
};
