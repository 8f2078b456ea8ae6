/* The phases of the example that introduced the system calls for keys. Each phase does its part for many keys, and
 * can be undone. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

struct example;

/* A phase does its part for the first `count` keys. */
struct phase {
    int (*run)(struct example *example, uint64_t count);
    int (*undo)(struct example *example);
};

struct example {
    const struct phase *phase;
    int keys[PK_KEYS_MAX];
    struct pk_region regions[PK_KEYS_MAX];
    unsigned count;   /* of available keys */
    unsigned written; /* what the last store wrote */
    uint32_t before;  /* PKRU as found */
};

static int run_alloc(struct example *example, uint64_t count)
{
    int *key = example->keys, status = 0;

    PK_REPEAT(count)
        status |= *key++ = pk_pkey_alloc(PKEY_DISABLE_WRITE);
    return status < 0 ? status : 0;
}

static int run_free(struct example *example, uint64_t count)
{
    const int *key = example->keys;
    int status = 0;

    PK_REPEAT(count)
        status |= pk_pkey_free(*key++);
    return status;
}

static int undo_alloc(struct example *example)
{
    int status = 0;

    for (unsigned i = 0; i < example->count; i++) {
        if (example->keys[i] > 0)
            status |= pk_pkey_free(example->keys[i]);
        example->keys[i] = 0;
    }
    return status;
}

/* A batch may have freed only some keys. Free the rest, then allocate them all again. */
static int undo_free(struct example *example)
{
    for (unsigned i = 0; i < example->count; i++)
        pk_pkey_free(example->keys[i]);
    return run_alloc(example, example->count);
}

static int run_tag(struct example *example, uint64_t count)
{
    const struct pk_region *region = example->regions;
    const int *key = example->keys;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(count)
        status |= pk_pkey_mprotect((region++)->base, length, PROT_READ | PROT_WRITE, *key++);
    return status;
}

static int undo_tag(struct example *example)
{
    int status = 0;

    for (unsigned i = 0; i < example->count; i++)
        status |= pk_pkey_mprotect(example->regions[i].base, pk_page_size(), PROT_READ | PROT_WRITE, 0);
    return status;
}

static int run_open(struct example *example, uint64_t count)
{
    const int *key = example->keys;

    PK_REPEAT(count)
        pk_set_rights(*key++, 0);
    return 0;
}

static int run_close(struct example *example, uint64_t count)
{
    const int *key = example->keys;

    PK_REPEAT(count)
        pk_set_rights(*key++, PKEY_DISABLE_WRITE);
    return 0;
}

static int undo_open(struct example *example)
{
    return run_close(example, example->count);
}

static int undo_close(struct example *example)
{
    return run_open(example, example->count);
}

static int run_write(struct example *example, uint64_t count)
{
    const struct pk_region *region = example->regions;
    char value = (char)example->written;

    PK_REPEAT(count)
        *(volatile char *)(region++)->base = value;
    return 0;
}

static int undo_write(struct example *example)
{
    example->written++;
    return 0;
}

static int run_unmap(struct example *example, uint64_t count)
{
    const struct pk_region *region = example->regions;
    size_t length = pk_page_size();
    int status = 0;

    PK_REPEAT(count)
        status |= munmap((region++)->base, length);
    return status;
}

static int undo_unmap(struct example *example)
{
    int status = 0;

    for (unsigned i = 0; i < example->count && !status; i++) {
        pk_region_unmap(&example->regions[i]);
        status = pk_region_map(&example->regions[i], 1);
    }
    return status ? status : run_tag(example, example->count);
}

/* A phase that does nothing: the overhead of the loop, and of the clocks in so small a batch. */
static int run_nothing(struct example *example, uint64_t count)
{
    const int *key = example->keys;

    PK_REPEAT(count) {
        __asm__ volatile("" : : "r"(key));
        key++;
    }
    return 0;
}

/* In the order of the labels of the axis. */
#define PHASES "alloc,tag,open,write,close,unmap,free"
static const struct phase phases[] = {
    {run_alloc, undo_alloc}, {run_tag, undo_tag},     {run_open, undo_open}, {run_write, undo_write},
    {run_close, undo_close}, {run_unmap, undo_unmap}, {run_free, undo_free},
};
enum { PHASE_COUNT = sizeof phases / sizeof phases[0] };
static const struct phase nothing = {run_nothing, undo_write};
