/* Counts the instructions of one operation, in a machine whose time-stamp counter increases by one for each
 * instruction. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>
#include <sys/sysinfo.h>

#include "guest/guest.h"
#include "guest/repeat.h"
#include "guest/user_mode.h"

/* Memory for page tables, kernel stacks and other needs of a case, besides the pages that it populates. */
#define SPARE_BYTES (64u << 20)

int guest_parse(const char *line, struct guest_case *parsed)
{
    char name[128], family[128];
    long long point[PK_AXES_MAX];

    if (sscanf(line, "%u %127[^/]/%127s %lld %lld %lld", &parsed->index, family, name, &point[0], &point[1],
               &point[2]) != 6)
        return -1;
    parsed->traced = strstr(line, GUEST_TRACED) != NULL;
    for (int axis = 0; axis < PK_AXES_MAX; axis++)
        parsed->point[axis] = point[axis];
    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        parsed->benchmark = pk_benchmark_at(i);
        if (!strcmp(parsed->benchmark->family, family) && !strcmp(parsed->benchmark->name, name))
            return 0;
    }
    return -1;
}

static void say_ending(const struct guest_case *asked, int status)
{
    printf("%s %u %s\n", status == PK_SKIPPED ? "skipped" : "failed", asked->index, pk_reason());
}

static int fits_memory(const struct guest_case *asked)
{
    struct sysinfo system;
    uint64_t needed = asked->benchmark->memory ? asked->benchmark->memory(asked->point) : 0;
    uint64_t available;

    if (sysinfo(&system))
        return 0;
    available = (uint64_t)system.freeram * system.mem_unit;
    if (needed + SPARE_BYTES <= available)
        return 0;
    return pk_skip("needs %llu MiB of memory, and the guest has %llu MiB free", (unsigned long long)(needed >> 20),
                   (unsigned long long)(available >> 20));
}

static void say_times(const struct times *times)
{
    int place = times_chosen(times);
    uint64_t least, most;

    times_range(times, &least, &most);
    printf(" %llu %u %llu %llu", (unsigned long long)times->ticks[place], times->seen[place], (unsigned long long)least,
           (unsigned long long)most);
}

/* "measured INDEX LOOPS REPEATS", then for each total its instructions, how often they were seen, and the range of
 * those that were seen again. */
static void say_totals(const struct guest_case *asked, const struct totals *totals)
{
    printf("measured %u %llu %u", asked->index, (unsigned long long)totals->loops, totals->once.repeats);
    say_times(&totals->once);
    if (totals->twice.repeats)
        say_times(&totals->twice);
    putchar('\n');
}

void guest_count(const struct guest_case *asked)
{
    struct pk_benchmark benchmark = *asked->benchmark; /* a copy, because its `run` is replaced to count user mode */
    struct totals totals = {0};
    struct pk_case *opened = NULL;
    int status = pk_benchmark_skipped(&benchmark, asked->point);

    if (!status)
        status = fits_memory(asked);
    if (!status)
        status = pk_case_open(&benchmark, asked->point, &opened);
    if (!status)
        status = pk_case_verify(opened);
    if (!status)
        status = repeat_case(opened, &totals);
    if (status)
        say_ending(asked, status);
    else
        say_totals(asked, &totals);
    if (!status && asked->traced)
        guest_trace(opened, totals.loops, totals.once.ticks[times_chosen(&totals.once)],
                    totals.twice.repeats ? totals.twice.ticks[times_chosen(&totals.twice)] : 0);
    else if (!status && benchmark.run)
        user_mode_count(asked, &benchmark, opened, &totals);
    pk_case_close(opened);
}
