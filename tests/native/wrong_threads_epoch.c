#include "fake_calls.h"
#include "wrong.h"

#include "families/threads/epoch.c"

static void only_count(void *state, unsigned member)
{
    (void)member;
    count_round(state);
}

static int neither_load_nor_poll(void *state)
{
    static const struct pk_team_work deaf = {.join = join, .idle = only_count};
    struct epoch *epoch = state;

    epoch->team.work = &deaf;
    await_round(epoch);
    return 0;
}

static void only_say_that_it_stopped(void *state, unsigned member)
{
    struct epoch *epoch = state;
    unsigned asked = atomic_load(&epoch->asked);

    (void)member;
    if (asked != atomic_load(&epoch->stopped)) {
        epoch->at = pk_clock_end();
        atomic_store(&epoch->stopped, asked);
    }
    count_round(epoch);
}

static int go_on(void *state)
{
    static const struct pk_team_work lying = {.join = join, .idle = only_say_that_it_stopped};
    struct epoch *epoch = state;

    epoch->team.work = &lying;
    await_round(epoch);
    return 0;
}

static int poll_instead_of_loading(void *state)
{
    struct epoch *epoch = state;

    epoch->team.work = &polling;
    await_round(epoch);
    return 0;
}

WRONG_CASES = {
    {"the thread does not look", "threads/epoch-*", "the other thread does not stop", neither_load_nor_poll},
    {"the thread does not stop", "threads/epoch-flag", "goes on though it has stopped", go_on},
    {"the thread polls", "threads/epoch-stop", "with si_code 0 instead of", poll_instead_of_loading},
    {"mprotect does nothing", "threads/epoch-stop", "the other thread does not stop", make_mprotect_idle},
    {0},
};
