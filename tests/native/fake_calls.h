/* Fakes of system calls. Each can be made to report success and do nothing. They replace the real calls in the
 * family's source that is included after this header. */
#pragma once

#define _GNU_SOURCE
#include <stdbool.h>
#include <sys/mman.h>

#include "cpu/pkey.h"

static struct {
    bool mprotect, pkey_mprotect, pkey_free, munmap, getppid, set_rights;
    int other_key; /* the key that pkey_mprotect uses instead */
} idle;

static inline int fake_mprotect(void *address, size_t length, int prot)
{
    return idle.mprotect ? 0 : pk_mprotect(address, length, prot);
}

static inline int fake_pkey_mprotect(void *address, size_t length, int prot, int pkey)
{
    return idle.pkey_mprotect ? 0 : pk_pkey_mprotect(address, length, prot, idle.other_key ? idle.other_key : pkey);
}

static inline int fake_pkey_free(int pkey)
{
    return idle.pkey_free ? 0 : pk_pkey_free(pkey);
}

static inline int fake_munmap(void *address, size_t length)
{
    return idle.munmap ? 0 : munmap(address, length);
}

static inline long fake_getppid(void)
{
    return idle.getppid ? 0 : pk_getppid();
}

static inline void fake_set_rights(int pkey, uint32_t rights)
{
    if (!idle.set_rights)
        pk_set_rights(pkey, rights);
}

#define MAKE_IDLE(call)                               \
    static inline int make_##call##_idle(void *state) \
    {                                                 \
        (void)state;                                  \
        idle.call = true;                             \
        return 0;                                     \
    }
MAKE_IDLE(mprotect)
MAKE_IDLE(pkey_mprotect)
MAKE_IDLE(pkey_free)
MAKE_IDLE(munmap)
MAKE_IDLE(getppid)
MAKE_IDLE(set_rights)

#define pk_mprotect fake_mprotect
#define pk_pkey_mprotect fake_pkey_mprotect
#define pk_pkey_free fake_pkey_free
#define pk_getppid fake_getppid
#define pk_set_rights fake_set_rights
#define munmap fake_munmap
