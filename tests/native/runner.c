/* Every case as the tool takes it: open, verify, measure, verify, close; twice, and the second time must leave nothing. */
#define _GNU_SOURCE
#include <stdio.h>
#include <string.h>

#include "pkey.h"
#include "tap.h"
#include "walk.h"

/* More than a batch holds of the largest. */
#define LOOPS 100

/* What a case might leave behind. */
struct held {
    unsigned mappings;
    unsigned free_keys;
};

static unsigned count_mappings(void)
{
    FILE *maps;
    unsigned lines = 0;
    int character;

#ifdef __SANITIZE_THREAD__
    return 0; /* the sanitizer maps memory of its own for each thread */
#endif
    maps = fopen("/proc/self/maps", "re");
    while (maps && (character = getc(maps)) != EOF)
        lines += character == '\n';
    if (maps)
        fclose(maps);
    return lines;
}

static unsigned count_free_keys(void)
{
    int keys[PK_KEYS_MAX];
    unsigned count = 0;

    while (count < PK_KEYS_MAX && (keys[count] = pk_pkey_alloc(0)) > 0)
        count++;
    for (unsigned i = 0; i < count; i++)
        pk_pkey_free(keys[i]);
    return count;
}

static struct held look(void)
{
    return (struct held){.mappings = count_mappings(), .free_keys = count_free_keys()};
}

static int prove_nothing_left(const struct held *before)
{
    struct held now = look();

    if (now.mappings > before->mappings)
        return pk_disprove("it leaves %u mappings behind", now.mappings - before->mappings);
    return now.free_keys == before->free_keys ? 0 : pk_disprove("%u keys of %u are free", now.free_keys, before->free_keys);
}

static int measure(struct pk_case *opened)
{
    struct pk_value value;
    int status = pk_case_verify(opened);

    if (!status)
        status = pk_case_measure(opened, LOOPS, &value);
    if (!status && !(value.seconds > 0))
        status = pk_disprove("%d loops took no time", LOOPS);
    return status ? status : pk_case_verify(opened);
}

static int use(const struct walked *walked)
{
    struct pk_case *opened = NULL;
    int status = pk_case_open(walked->benchmark, walked->point, &opened);

    if (!status)
        status = measure(opened);
    pk_case_close(opened);
    return status;
}

static void answer(const struct walked *walked, void *context)
{
    int status = use(walked); /* the first time, the C library keeps some memory for the next */
    struct held before = look();

    (void)context;
    if (!status)
        status = use(walked);
    if (!status)
        status = prove_nothing_left(&before);
    if (status == PK_SKIPPED)
        tap_skip(walked->name, pk_reason());
    else if (status)
        tap_not_ok(walked->name, pk_reason());
    else
        tap_ok(walked->name);
}

int main(int argc, char **argv)
{
    tap_begin();
    walk_table(argc, argv, answer, NULL);
    return tap_end();
}
