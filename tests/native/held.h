/* What a process holds, and what a case might leave behind in it. */
#pragma once

#include <stdint.h>

struct held {
    uint64_t mapped; /* bytes */
    unsigned mappings;
    unsigned free_keys;
    unsigned threads;
    unsigned descriptors;
    unsigned children;
    unsigned cpus;    /* that this thread may use */
    uint64_t blocked; /* signals, a bit each */
    uint64_t handled; /* signals with a handler */
    unsigned altstack;
    uint32_t pkru;
};

struct held held_look(void);

/* 0, or PK_DISPROVED if keys, PKRU, CPUs, signals or their stack are not as they were. */
int held_prove_settings(const struct held *before);

/* The same, and no more memory, threads, files or children than before. */
int held_prove_nothing_left(const struct held *before);
