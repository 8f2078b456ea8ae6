/* Signal handlers of a case's own, and what they change in the frame that they return to. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "benchmark.h"
#include "pkey.h"

struct handler {
    int signal; /* 0 where none was installed */
    struct sigaction before;
};

static inline int handler_install(struct handler *handler, int signal, int flags, void (*handle)(int, siginfo_t *, void *))
{
    struct sigaction action = {.sa_sigaction = handle, .sa_flags = SA_SIGINFO | flags};

    sigemptyset(&action.sa_mask);
    if (sigaction(signal, &action, &handler->before))
        return pk_error(errno, "install a signal handler");
    handler->signal = signal;
    return 0;
}

static inline void handler_remove(struct handler *handler)
{
    if (handler->signal)
        sigaction(handler->signal, &handler->before, NULL);
    handler->signal = 0;
}

/* In a handler that is not meant: let it happen again, and kill. */
static inline void handler_give_up(int signal)
{
    struct sigaction fall = {.sa_handler = SIG_DFL};

    sigaction(signal, &fall, NULL);
}

/* Allow everything under a key in what is returned to. The kernel takes PKRU from where XSAVE keeps it, and only if the
 * header behind the 512 legacy bytes says that it is there (Intel SDM volume 1, 13.4.2). */
static inline void frame_allow_key(void *context, int pkey)
{
#if PK_HAS_PKRU
    char *area = (char *)((ucontext_t *)context)->uc_mcontext.fpregs;
    uint64_t *present = (uint64_t *)(area + 512);
    uint32_t *pkru = (uint32_t *)(area + pk_machine_probe()->xstate_pkru_offset);

    *present |= 1u << 9;
    *pkru = pk_pkru_with(*pkru, pkey, 0);
#else
    (void)context;
    (void)pkey;
#endif
}

/* A store whose length is known, so that it can be stepped over. */
static inline void frame_store(volatile char *address)
{
#if defined(__x86_64__)
    __asm__ volatile(".byte 0x88, 0x07" : : "a"((char)1), "D"(address) : "memory"); /* mov %al, (%rdi) */
#elif defined(__aarch64__)
    __asm__ volatile("strb %w0, [%1]" : : "r"(1), "r"(address) : "memory");
#else
#error "Say here how to store a byte by an instruction of known length."
#endif
}

static inline void frame_step_over_store(void *context)
{
#if defined(__x86_64__)
    ((ucontext_t *)context)->uc_mcontext.gregs[REG_RIP] += 2;
#elif defined(__aarch64__)
    ((ucontext_t *)context)->uc_mcontext.pc += 4;
#endif
}
