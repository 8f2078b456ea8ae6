#include "wrong_guard.h"

#include "families/application/table.c"

static int ask_nothing(struct table_slot *slots, struct client *client)
{
    (void)slots;
    (void)client;
    return 0;
}

static int answer_nothing(void *state)
{
    struct store *store = state;

    store->request = ask_nothing;
    return 0;
}

/* Each client uses the second of its keys. */
static int set_another(struct table_slot *slots, struct client *client)
{
    next_key(client);
    return set(slots, client);
}

static int ask_for_another(void *state)
{
    struct store *store = state;

    store->request = set_another;
    return 0;
}

WRONG_CASES = {
    WRONG_GUARDS("application/table-key/*", "application/table-mprotect/*", "application/table-unprotected/*"),
    WRONG_GUARDS("application/table-threads-key/*", "application/table-threads-mprotect/*",
                 "application/table-threads-unprotected/*"),
    {"a closed table can be read", "application/table-key/*", "a load that must fault was allowed", deny_writing_only},
    {"nothing is asked for", "application/table-*", "hold different values", answer_nothing},
    {"another key is asked for", "application/table-*", "hold different values", ask_for_another},
    {0},
};
