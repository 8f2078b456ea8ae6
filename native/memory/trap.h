/* Provokes a fault, reports its kind, and continues with PKRU unchanged. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

enum pk_access { PK_LOAD, PK_STORE };

struct pk_fault {
    bool happened;
    int code;            /* SEGV_MAPERR, SEGV_ACCERR, SEGV_PKUERR */
    int pkey;            /* valid only with SEGV_PKUERR */
    uint64_t error_code; /* of the page fault, as the CPU reported it; 0 if the architecture has none */
    void *address;
};

/* Load one byte, or store a 1. 0 or -errno. */
int pk_trap(enum pk_access access, volatile char *address, struct pk_fault *fault);

/* Prove that the access is refused for this reason: by key `pkey`, or by the page's protection if that is 0. */
int pk_prove_refused(enum pk_access access, volatile char *address, int pkey);

/* Prove that the access is refused because nothing is mapped there, which is also what a guard marker reports. */
int pk_prove_unmapped(enum pk_access access, volatile char *address);

/* Prove that the access is allowed. */
int pk_prove_allowed(enum pk_access access, volatile char *address);

/* Prove that one iteration of a timed function succeeds and does not fault. */
int pk_prove_runs(int (*run)(void *state, uint64_t loops), void *state);
