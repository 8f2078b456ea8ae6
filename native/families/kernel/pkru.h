/* The value of PKRU while a benchmark is timed. */
#pragma once

#include "benchmark.h"
#include "cpu/pkey.h"
#include "memory/domain.h"

enum { PKRU_INITIAL, PKRU_CHANGED, PKRU_ZERO }; /* in the order of the labels */

struct pkru {
    struct pk_key key;
    uint32_t before; /* as found */
    uint32_t value;  /* in force while the case is timed */
};

/* Set PKRU: leave it as found, change the rights of one key, or set it to 0. Zero denies nothing, and XSAVE need not
 * save it. */
static inline int pkru_set(struct pkru *pkru, int64_t label)
{
    int status = 0;

    pkru->before = pk_rdpkru();
    if (label == PKRU_CHANGED)
        status = pk_key_take(&pkru->key, PKEY_DISABLE_WRITE);
    if (label == PKRU_ZERO)
        pk_wrpkru(0);
    pkru->value = pk_rdpkru();
    if (!status && label != PKRU_INITIAL && pkru->value == pkru->before)
        return pk_skip("PKRU was already 0x%08x before it was changed", pkru->before);
    return status;
}

static inline void pkru_put_back(struct pkru *pkru)
{
    pk_key_give_back(&pkru->key);
    pk_wrpkru(pkru->before);
}

/* Prove that the value is in force. */
static inline int pkru_prove(const struct pkru *pkru)
{
    uint32_t now = pk_rdpkru();

    return now == pkru->value ? 0 : pk_disprove("PKRU is 0x%08x instead of 0x%08x", now, pkru->value);
}

#define PKRU_AXIS(whose, every)                                                                             \
    {                                                                                                       \
        .name = "pkru", .meaning = whose " PKRU: as a program finds it, with a key's rights changed, or 0", \
        .labels = every, .points = every, .quick = "initial,changed"                                        \
    }
