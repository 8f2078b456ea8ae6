/* How long the repeats of one thing took, and which of these times counts. */
#pragma once

#include <stdint.h>

#define REPEATS_MAX 24

/* How long the repeats of one thing took: each different time, and how often it was seen. */
struct times {
    uint64_t ticks[REPEATS_MAX], longest;
    unsigned seen[REPEATS_MAX], different, repeats;
};

/* Note one more time. */
void times_note(struct times *times, uint64_t ticks);

/* The place of the shortest of those seen so often, or -1. */
int times_shortest(const struct times *times, unsigned often);

/* The place of the time that counts. */
int times_chosen(const struct times *times);

/* Whether further repeats would hardly change it. */
int times_settled(const struct times *times);
