/* Generated code that is patched: where the patch is written, how the page becomes writable, and the proof that calls
 * reach the patched function. */
#pragma once

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "guard.h"

#define CODE (PROT_READ | PROT_EXEC)
#define OPEN (PROT_READ | PROT_WRITE | PROT_EXEC)
#define DATA (PROT_READ | PROT_WRITE)

typedef uint32_t function(void);

struct jit {
    struct pk_domain code;
    struct pk_region alias; /* writable second mapping of the same pages, if there is one */
    unsigned char *patch;   /* generated code, to be copied into place */
    size_t bytes;
    char *place;   /* where the function is executed: in the middle page */
    char *target;  /* where it is written: the same place, or its alias */
    char *changed; /* start of what mprotect changes */
    size_t length;
    int opened; /* protection while mprotect allows writing */
    int closed; /* protection while nothing is written */
};

/* Skip if SELinux, PaX, PR_SET_MDWE or the like forbids this. */
static inline int jit_refuse(int error, const char *what)
{
    if (error == EACCES || error == EPERM)
        return pk_skip("the system forbids %s: %s", what, strerror(error));
    return pk_error(error, what);
}

static inline int jit_place_patch(struct jit *jit, size_t bytes)
{
    jit->bytes = bytes;
    jit->patch = malloc(jit->bytes);
    if (!jit->patch)
        return pk_error(ENOMEM, "allocate the patch");
    memset(jit->patch, PK_CODE_FILLER, jit->bytes);
    jit->place = jit->code.region.base + jit->code.region.pages / 2 * pk_page_size();
    jit->target = jit->place;
    return 0;
}

static inline int jit_set_up(struct jit *jit, size_t bytes, size_t pages, int closed)
{
    struct pk_region *region = &jit->code.region;
    int status = pk_region_map(region, pages);

    if (status)
        return status;
    memset(region->base, PK_CODE_FILLER, pk_region_length(region));
    jit->closed = closed;
    status = pk_mprotect(region->base, pk_region_length(region), closed);
    return status ? jit_refuse(-status, "making written pages executable") : jit_place_patch(jit, bytes);
}

/* Put the code under a key that denies writing from now on. */
static inline int jit_tag(struct jit *jit)
{
    struct pk_region *region = &jit->code.region;
    int status = pk_key_take(&jit->code.key, PKEY_DISABLE_WRITE);

    if (status)
        return status;
    status = pk_pkey_mprotect(region->base, pk_region_length(region), OPEN, jit->code.key.number);
    return status ? pk_error(-status, "tag the code") : 0;
}

/* Replace the region's pages by pages of a file. */
static inline int jit_map_file(struct pk_region *region, size_t pages, int file, int prot)
{
    int status = pk_region_reserve(region, pages);

    if (!status && mmap(region->base, pk_region_length(region), prot, MAP_SHARED | MAP_FIXED | MAP_POPULATE, file, 0) ==
                       MAP_FAILED)
        return jit_refuse(errno, "executing pages of memory that are mapped twice");
    return status;
}

/* After code was changed through another linear address, Intel asks for a serializing instruction before it is
 * executed (SDM volume 3, 8.1.3). Compilers that map their code twice do without one. So does this benchmark, and a
 * stale result counts as a failure. */
static inline int jit_set_up_double(struct jit *jit, size_t bytes, size_t pages)
{
    size_t length = pages * pk_page_size();
    int file = memfd_create("code", MFD_CLOEXEC), status = 0;

    if (file < 0)
        return jit_refuse(errno, "memory files");
    jit->closed = CODE;
    if (ftruncate(file, (off_t)length))
        status = pk_error(errno, "give the memory file its length");
    if (!status)
        status = jit_map_file(&jit->alias, pages, file, DATA);
    if (!status)
        memset(jit->alias.base, PK_CODE_FILLER, length);
    if (!status)
        status = jit_map_file(&jit->code.region, pages, file, CODE);
    close(file);
    if (!status)
        status = jit_place_patch(jit, bytes);
    if (!status)
        jit->target = jit->alias.base + (jit->place - jit->code.region.base);
    return status;
}

static inline void jit_unmap(struct jit *jit)
{
    pk_region_unmap(&jit->alias);
    pk_domain_unmap(&jit->code);
    free(jit->patch);
}

/* Always inlined, so that each timed loop holds only its own way's instructions and no branch on the way. */
__attribute__((always_inline)) static inline int jit_serve(const struct jit *state, uint64_t loops, enum way way)
{
    const struct jit jit = *state;
    function *call = (function *)(uintptr_t)jit.place;
    int status = 0;

    PK_REPEAT(loops) {
        uint32_t number = (uint32_t)left_;

        pk_code_return(jit.patch, number);
        if (way == BY_MPROTECT)
            status |= pk_mprotect(jit.changed, jit.length, jit.opened);
        if (way == BY_KEY)
            pk_wrpkru(jit.code.key.open);
        memcpy(jit.target, jit.patch, jit.bytes);
        if (way == BY_MPROTECT)
            status |= pk_mprotect(jit.changed, jit.length, CODE);
        if (way == BY_KEY)
            pk_wrpkru(jit.code.key.closed);
        /* The function from before the patch would return another number. */
        status |= (int)(call() ^ number);
    }
    return status;
}

static inline int jit_prove_stores(const struct jit *jit)
{
    char *byte = jit->place + pk_page_size() - 1, kept = *byte;
    int status;

    if (jit->closed == CODE)
        return pk_prove_refused(PK_STORE, byte, 0);
    if (jit->code.key.number)
        return pk_prove_refused(PK_STORE, byte, jit->code.key.number);
    status = pk_prove_allowed(PK_STORE, byte);
    *byte = kept;
    return status;
}

/* Prove that a stray store is refused, unless the pages are unprotected, and that the patch is in its place. */
static inline int jit_prove_closed(const struct jit *jit)
{
    int status = pk_region_audit(&jit->code.region, jit->closed, jit->code.key.number);

    if (!status && jit->alias.base)
        status = pk_region_audit(&jit->alias, DATA, 0);
    return status ? status : jit_prove_stores(jit);
}

/* Patch twice with different numbers. The call in the timed loop must return the new number each time, and so must a
 * call from here. */
static inline int jit_prove(struct jit *jit, int (*run)(void *state, uint64_t loops))
{
    function *call = (function *)(uintptr_t)jit->place;
    int status = jit_prove_closed(jit);

    if (!status)
        status = pk_prove_runs(run, jit);
    if (status)
        return status;
    if (run(jit, 2))
        return pk_disprove("the patched function still returns the number from before the patch");
    if (call() != 1 || memcmp(jit->place, jit->patch, jit->bytes) != 0)
        return pk_disprove("the patch is not in its place");
    return jit_prove_closed(jit);
}
