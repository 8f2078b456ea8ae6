#define _GNU_SOURCE
#include "walk.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* The first two points of "1,2,31-35"; 1 and 2 for "cpus". */
enum { SMALL = 2 };

static size_t read_small(const char *points, int64_t small[SMALL])
{
    char *end;

    if (*points == 'c') {
        small[0] = 1;
        small[1] = 2;
        return SMALL;
    }
    small[0] = strtoll(points, &end, 10);
    if (*end != ',')
        return 1;
    small[1] = strtoll(end + 1, NULL, 10);
    return SMALL;
}

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
    int64_t small[SMALL];
    size_t points;

    if (axis == PK_AXES_MAX || !swept->name) {
        step(&walked, context);
        return;
    }
    points = swept->labels ? count_labels(swept->labels) : read_small(swept->points, small);
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

static const struct pk_benchmark *find(const char *full_name)
{
    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        const struct pk_benchmark *benchmark = pk_benchmark_at(i);
        size_t family = strlen(benchmark->family);

        if (!strncmp(full_name, benchmark->family, family) && full_name[family] == '/' &&
            !strcmp(full_name + family + 1, benchmark->name))
            return benchmark;
    }
    return NULL;
}

static char *read_whole(const char *path)
{
    FILE *file = fopen(path, "re");
    char *text = NULL;
    size_t size = 0;

    if (file && getdelim(&text, &size, '\0', file) < 0)
        *text = '\0';
    if (file)
        fclose(file);
    return text;
}

/* Read the file before the first step, which may fork: a child that exits would reset the file position of both. A
 * malformed line is left out; whoever counts the results notices. */
static void walk_file(const char *path, walk_step *step, void *context)
{
    char *text = read_whole(path), *rest = text, full_name[128];
    const char *line;

    while (text && (line = strsep(&rest, "\n"))) {
        struct walked walked = {0};
        int64_t *point = walked.point;

        if (sscanf(line, "%127s %" SCNd64 " %" SCNd64 " %" SCNd64 " %255s", full_name, &point[0], &point[1], &point[2],
                   walked.name) == 5 &&
            (walked.benchmark = find(full_name)))
            step(&walked, context);
    }
    free(text);
}

static void walk_small(uint32_t needs, walk_step *step, void *context)
{
    for (size_t i = 0; i < pk_benchmark_count(); i++) {
        struct walked walked = {.benchmark = pk_benchmark_at(i)};

        if ((walked.benchmark->needs & needs) != needs)
            continue;
        snprintf(walked.name, sizeof walked.name, "%s/%s", walked.benchmark->family, walked.benchmark->name);
        walk_axis(walked, 0, step, context);
    }
}

void walk_table(int argc, char **argv, walk_step *step, void *context)
{
    const char *asked = argc > 1 ? argv[argc - 1] : "";

    if (*asked == '/')
        walk_file(asked, step, context);
    else
        walk_small(strcmp(asked, "keys") ? 0 : PK_NEEDS_KEYS, step, context);
}
