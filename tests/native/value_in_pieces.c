/* Checks how a value is made of its pieces, with given times of the operation and of the no-ops. */
#include <math.h>
#include <stdio.h>

#include "tap.h"
#include "timing/pieces.h"

#define UNCONTENDED 1e-10
#define CONTENDED 2e-10
#define LONGEST 1.02e-10
#define MANY 4001

/* The n-th reading of the no-ops, and the seconds of one iteration in the n-th piece. */
static const double *nops, *costs;
static uint64_t sizes[MANY]; /* the sizes of the pieces that were run */
static int readings, pieces_run, fail_at;

double pk_nop_seconds(void)
{
    return nops[readings++];
}

static int run(void *context, uint64_t loops, struct pk_value *value)
{
    (void)context;
    value->seconds = costs[pieces_run] * (double)loops;
    value->ticks = (uint64_t)(costs[pieces_run] * (double)loops * 1000);
    sizes[pieces_run] = loops;
    return pieces_run++ == fail_at ? -5 : 0;
}

static int measure(uint64_t loops, uint64_t each, struct pk_value *value)
{
    const struct pk_pieces wanted = {.loops = each, .longest_nop = LONGEST};

    *value = (struct pk_value){.loops = loops};
    readings = pieces_run = 0;
    return pk_pieces_measure(run, NULL, loops, &wanted, value);
}

static void check(const char *name, int holds)
{
    if (holds)
        tap_ok(name);
    else
        tap_not_ok(name, "it does not");
}

static int near(double one, double other)
{
    return fabs(one - other) < 1e-9 * fabs(other);
}

int main(void)
{
    static const double slow_amid[] = {1, 2, 9, 3, 2}, even[] = {1, 2, 4, 9}, one[] = {7};
    static const double quiet[] = {UNCONTENDED, UNCONTENDED, UNCONTENDED, UNCONTENDED, UNCONTENDED, UNCONTENDED};
    static const double busy[] = {CONTENDED, CONTENDED, CONTENDED, CONTENDED, CONTENDED, CONTENDED};
    static const double comes[] = {UNCONTENDED, UNCONTENDED, CONTENDED, UNCONTENDED, UNCONTENDED, UNCONTENDED};
    static double many[MANY], always[MANY + 1];
    struct pk_value value;

    fail_at = -1;
    tap_begin();

    costs = slow_amid, nops = quiet;
    measure(50, 10, &value);
    check("the value is the median of its pieces, times all iterations",
          near(value.seconds, 100) && value.ticks == 100000);
    check("all pieces are uncontended where no-ops are fast",
          value.pieces == 5 && value.uncontended == 5 && near(value.nop_seconds, UNCONTENDED));
    check("the seconds of all pieces and readings are added up",
          near(value.all_seconds, 170 + 5 * PK_NOPS_READ * UNCONTENDED));

    nops = comes;
    measure(50, 10, &value);
    /* The second and third piece are next to the slow reading. Pieces 1, 3 and 2 remain. */
    check("a piece counts where no-ops are fast before and after it",
          near(value.seconds, 100) && value.uncontended == 3);

    nops = busy;
    measure(50, 10, &value);
    check("where no piece is uncontended all count, and the no-ops show it",
          near(value.seconds, 100) && value.uncontended == 0 && near(value.nop_seconds, CONTENDED));

    costs = even, nops = quiet;
    measure(40, 10, &value);
    check("of an even number it is the mean of the middle two", near(value.seconds, 120));

    measure(45, 10, &value);
    check("no piece is shorter than asked for", pieces_run == 4 && sizes[0] == 10 && sizes[3] == 15);

    costs = one;
    measure(5, 10, &value);
    check("fewer iterations than a piece are one", near(value.seconds, 35) && value.pieces == 1);

    costs = many, nops = always;
    for (int i = 0; i < MANY; i++)
        many[i] = 1, always[i] = always[i + 1] = UNCONTENDED;
    measure(10 * 4000, 10, &value);
    check("too many pieces are made longer, by whole multiples",
          value.pieces == 1000 && sizes[0] == 40 && sizes[999] == 40);

    costs = slow_amid, nops = quiet, fail_at = 1;
    check("a failure ends the measurement", measure(50, 10, &value) == -5 && pieces_run == 2);
    return tap_end();
}
