/* The clients of a hash table. Each client asks for its own share of the keys, one key after the other. */
#pragma once

#include "table.h"

struct client;
typedef int request(struct table_slot *slots, struct client *client);

/* One thread's requests: its own share of the keys, in order. */
struct client {
    _Alignas(128) const struct table_key *keys;
    size_t count, next;
    struct table_value value; /* the value last got, or the next to set */
};

static inline const struct table_key *next_key(struct client *client)
{
    const struct table_key *key = &client->keys[client->next];

    client->next = client->next + 1 < client->count ? client->next + 1 : 0;
    return key;
}

/* Return 0 if the key was found. */
static inline int get(struct table_slot *slots, struct client *client)
{
    const struct table_key *key = next_key(client);
    const struct table_slot *slot = table_find(slots, key);

    client->value = slot->value;
    return slot->key.word[0] != key->word[0];
}

static inline int set(struct table_slot *slots, struct client *client)
{
    const struct table_key *key = next_key(client);
    struct table_slot *slot = table_find(slots, key);

    slot->value = client->value;
    return slot->key.word[0] != key->word[0];
}

/* In the order of the labels of the axis. */
static request *const requests[] = {get, set};
