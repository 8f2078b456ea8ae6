/* Every case once, as the tool takes it: open, verify, measure, verify, close. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "tap.h"
#include "walk.h"

/* More than a batch holds of the largest. */
#define LOOPS 100

static int use(struct pk_case *opened)
{
    struct pk_value value;
    int status = pk_case_verify(opened);

    if (!status)
        status = pk_case_measure(opened, LOOPS, &value);
    if (!status && !(value.seconds > 0))
        status = pk_disprove("%d loops took no time", LOOPS);
    return status ? status : pk_case_verify(opened);
}

static void answer(const struct walked *walked, void *context)
{
    struct pk_case *opened = NULL;
    int status = pk_case_open(walked->benchmark, walked->point, &opened);

    (void)context;
    if (!status)
        status = use(opened);
    pk_case_close(opened);
    if (status == PK_SKIPPED)
        tap_skip(walked->name, pk_reason());
    else if (status)
        tap_not_ok(walked->name, pk_reason());
    else
        tap_ok(walked->name);
}

int main(void)
{
    tap_begin();
    walk_table(answer, NULL);
    return tap_end();
}
