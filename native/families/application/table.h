/* A hash table with open addressing, in memory that the caller owns. Keys have 16 bytes, values 48. */
#pragma once

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define TABLE_SLOTS 4096 /* of 64 bytes: 256 KiB */
#define TABLE_KEYS 3072  /* three quarters full */

struct table_key {
    uint64_t word[2]; /* never both 0 */
};

struct table_value {
    uint64_t word[6];
};

struct table_slot {
    struct table_key key;
    struct table_value value;
};

/* Draw a key with the generator of Knuth's MMIX. The sequence is the same on each run. */
static inline struct table_key table_draw(uint64_t *seed)
{
    struct table_key key;

    for (int i = 0; i < 2; i++)
        key.word[i] = *seed = *seed * 6364136223846793005u + 1442695040888963407u;
    return key;
}

/* Return the slot of this key, or the empty slot where it belongs. */
static inline struct table_slot *table_find(struct table_slot *slots, const struct table_key *key)
{
    size_t place = (key->word[0] ^ key->word[1]) * 0x9e3779b97f4a7c15u >> 52; /* the upper bits are mixed best */

    for (;; place = (place + 1) % TABLE_SLOTS) {
        struct table_slot *slot = &slots[place];
        if (slot->key.word[0] == key->word[0] && slot->key.word[1] == key->word[1])
            return slot;
        if (!slot->key.word[0] && !slot->key.word[1])
            return slot;
    }
}
