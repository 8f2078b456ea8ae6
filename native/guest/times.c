#include "guest/times.h"

#define SEEN_ENOUGH 3 /* enough if these are also the shortest times seen */
#define SEEN_OFTEN 6  /* enough even if shorter times were seen, but less often */

void times_note(struct times *times, uint64_t ticks)
{
    unsigned place = 0;

    while (place < times->different && times->ticks[place] != ticks)
        place++;
    if (place == REPEATS_MAX)
        return;
    times->ticks[place] = ticks;
    times->seen[place]++;
    times->different += place == times->different;
    times->repeats++;
    if (ticks > times->longest)
        times->longest = ticks;
}

int times_shortest(const struct times *times, unsigned often)
{
    int shortest = -1;

    for (unsigned place = 0; place < times->different; place++)
        if (times->seen[place] >= often && (shortest < 0 || times->ticks[place] < times->ticks[shortest]))
            shortest = (int)place;
    return shortest;
}

void times_range(const struct times *times, uint64_t *least, uint64_t *most)
{
    unsigned often = times_shortest(times, 2) < 0 ? 1 : 2;

    *least = UINT64_MAX;
    *most = 0;
    for (unsigned place = 0; place < times->different; place++) {
        if (times->seen[place] < often)
            continue;
        if (times->ticks[place] < *least)
            *least = times->ticks[place];
        if (times->ticks[place] > *most)
            *most = times->ticks[place];
    }
}

/* The shortest run is the undisturbed one. But a time seen only once may be an exception, in which the kernel had
 * something ready that it usually has to allocate. */
int times_chosen(const struct times *times)
{
    for (unsigned often = SEEN_ENOUGH; often; often--)
        if (times_shortest(times, often) >= 0)
            return times_shortest(times, often);
    return 0;
}

int times_settled(const struct times *times)
{
    int place = times_chosen(times);

    return times->seen[place] >= SEEN_ENOUGH && (place == times_shortest(times, 1) || times->seen[place] >= SEEN_OFTEN);
}
