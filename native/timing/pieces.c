#include <stdlib.h>

#include "timing/pieces.h"

#define PIECES_MAX 1000

struct piece {
    double seconds, ticks; /* of one iteration */
    double nop_seconds;    /* the longer of the readings before and after */
};

static int by_seconds(const void *one, const void *other)
{
    const struct piece *a = one, *b = other;

    return (a->seconds > b->seconds) - (a->seconds < b->seconds);
}

/* Move the uncontended pieces to the front, and return their number. */
static uint32_t keep_uncontended(struct piece *pieces, uint32_t number, double longest_nop)
{
    uint32_t uncontended = 0;

    for (uint32_t i = 0; i < number; i++)
        if (pieces[i].nop_seconds <= longest_nop)
            pieces[uncontended++] = pieces[i];
    return uncontended;
}

/* The value is the median of its pieces. An interrupt lengthens one piece, and brief contention that went unnoticed
 * lengthens a few. */
static void keep_median(struct pk_value *value, struct piece *pieces, uint32_t number)
{
    const struct piece *low, *high;
    double loops = (double)value->loops;

    qsort(pieces, number, sizeof *pieces, by_seconds);
    low = &pieces[(number - 1) / 2];
    high = &pieces[number / 2];
    value->seconds = (low->seconds + high->seconds) / 2 * loops;
    value->ticks = (uint64_t)((low->ticks + high->ticks) / 2 * loops);
    value->nop_seconds = 0;
    for (uint32_t i = 0; i < number; i++)
        value->nop_seconds += pieces[i].nop_seconds / number;
}

int pk_pieces_measure(int (*run)(void *context, uint64_t loops, struct pk_value *value), void *context, uint64_t loops,
                      const struct pk_pieces *wanted, struct pk_value *value)
{
    struct piece pieces[PIECES_MAX];
    uint64_t each = wanted->loops;
    double before = pk_nop_seconds();
    uint32_t number = 0;
    int status = 0;

    while (loops / each > PIECES_MAX)
        each *= 2; /* keeps whole batches */
    for (uint64_t left = loops, now; left && !status; left -= now) {
        struct pk_value piece = {0};
        double after;

        now = left < 2 * each ? left : each;
        status = run(context, now, &piece);
        after = pk_nop_seconds();
        pieces[number++] = (struct piece){piece.seconds / (double)now, (double)piece.ticks / (double)now,
                                          before > after ? before : after};
        value->all_seconds += piece.seconds + after * PK_NOPS_READ;
        before = after;
    }
    if (number && !status) {
        value->pieces = number;
        value->uncontended = keep_uncontended(pieces, number, wanted->longest_nop);
        keep_median(value, pieces, value->uncontended ? value->uncontended : number);
    }
    return status;
}
