/* The instruction counts of repeated runs, and which of them to report. */
#pragma once

#include <stdint.h>

#define REPEATS_MAX 24

/* Each different count, and how often it was seen. */
struct times {
    uint64_t ticks[REPEATS_MAX], longest;
    unsigned seen[REPEATS_MAX], different, repeats;
};

/* Note one more count. */
void times_note(struct times *times, uint64_t ticks);

/* The index of the shortest count that was seen at least this often, or -1. */
int times_shortest(const struct times *times, unsigned often);

/* The least and the most of the counts that were seen more than once; of all, if none was. */
void times_range(const struct times *times, uint64_t *least, uint64_t *most);

/* The index of the count to report. */
int times_chosen(const struct times *times);

/* Whether further repeats are unlikely to change the result. */
int times_settled(const struct times *times);
