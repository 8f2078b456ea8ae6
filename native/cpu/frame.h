/* The frame that a signal handler returns to. */
#pragma once

#include <stdint.h>
#include <ucontext.h>

#include "cpu/pkey.h"

/* Where the frame keeps the interrupted context's PKRU. The kernel takes PKRU from where XSAVE keeps it, which is
 * `offset` (CPUID.(EAX=DH,ECX=9):EBX), and only if the header after the 512 legacy bytes marks it as present (Intel SDM
 * volume 1, 13.4.2). This marks it. */
static inline uint32_t *pk_frame_pkru(void *context, uint32_t offset)
{
#if PK_HAS_PKRU
    char *area = (char *)((ucontext_t *)context)->uc_mcontext.fpregs;

    *(uint64_t *)(area + 512) |= 1u << 9;
    return (uint32_t *)(area + offset);
#else
    static uint32_t none;

    (void)context;
    (void)offset;
    return &none;
#endif
}
