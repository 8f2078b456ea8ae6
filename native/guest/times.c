#include "guest/times.h"

#define SEEN_ENOUGH 3 /* the shortest so often, and nothing has come in between */
#define SEEN_OFTEN 6  /* so often that what is shorter, but was seen less than that, is no matter */

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

/* The shortest is what nothing came in between; but what was seen once may be the one time that the kernel had
 * something at hand that it otherwise has to get. */
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
