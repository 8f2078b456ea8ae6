#define _GNU_SOURCE
#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

static const int64_t small[] = {1, 2};
enum { SMALL = sizeof small / sizeof small[0] };

static size_t count_labels(const char *labels)
{
    size_t count = 1;

    for (; *labels; labels++)
        count += *labels == ',';
    return count;
}

static void append_label(char *name, size_t size, const char *labels, size_t place)
{
    size_t used = strlen(name);

    for (; place; place--)
        labels = strchr(labels, ',') + 1;
    snprintf(name + used, size - used, "%.*s", (int)strcspn(labels, ","), labels);
}

static void walk_axis(struct walked walked, size_t axis, walk_step *step, void *context)
{
    const struct pk_axis *swept = &walked.benchmark->axes[axis];
    char *name = walked.name;
    size_t size = sizeof walked.name, used = strlen(name);
    size_t points = axis < PK_AXES_MAX && swept->name ? swept->labels ? count_labels(swept->labels) : SMALL : 0;

    if (!points) {
        step(&walked, context);
        return;
    }
    for (size_t i = 0; i < points; i++) {
        walked.point[axis] = swept->labels ? (int64_t)i : small[i];
        snprintf(name + used, size - used, "/%s:", swept->name);
        if (swept->labels)
            append_label(name, size, swept->labels, i);
        else
            snprintf(name + strlen(name), size - strlen(name), "%" PRId64, small[i]);
        walk_axis(walked, axis + 1, step, context);
    }
}

void walk_table(int argc, char **argv, walk_step *step, void *context)
{
    uint32_t needs = strcmp(argv[argc - 1], "keys") == 0 ? PK_NEEDS_KEYS : 0;

    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        struct walked walked = {.benchmark = pk_benchmark_at(i)};
        if ((walked.benchmark->needs & needs) != needs)
            continue;
        snprintf(walked.name, sizeof walked.name, "%s/%s", walked.benchmark->family, walked.benchmark->name);
        walk_axis(walked, 0, step, context);
    }
}
