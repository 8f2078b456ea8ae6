/* A case's own signal handlers, and how they change the frame that they return to. */
#pragma once

#include <signal.h>
#include <stdbool.h>
#include <ucontext.h>

#include "benchmark.h"
#include "cpu/frame.h"
#include "cpu/pkey.h"

struct handler {
    int signal; /* 0 if none is installed */
    int code;   /* si_code of the expected signals */
    struct sigaction before;
    uint64_t caught; /* signals caught in the current run */
    uint64_t limit;  /* more than this are not expected */
};

static inline int handler_install(struct handler *handler, int signal, int flags,
                                  void (*handle)(int, siginfo_t *, void *))
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

/* Called for an unexpected signal: restore the default action, so that it happens again and kills the process. */
static inline void handler_give_up(int signal)
{
    struct sigaction fall = {.sa_handler = SIG_DFL};

    sigaction(signal, &fall, NULL);
}

/* A store whose length is known, so that a handler can step over it. */
static inline void frame_store(volatile char *address)
{
#if defined(__x86_64__)
    __asm__ volatile(".byte 0x88, 0x07" : : "a"((char)1), "D"(address) : "memory"); /* mov %al, (%rdi) */
#elif defined(__aarch64__)
    __asm__ volatile("strb %w0, [%1]" : : "r"(1), "r"(address) : "memory");
#else
#error "Add here a byte store by an instruction of known length."
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

/* Allow everything under a key in the interrupted context. */
static inline void frame_allow_key(void *context, int pkey)
{
    uint32_t *pkru = pk_frame_pkru(context, pk_machine_probe()->xstate_pkru_offset);

    *pkru = pk_pkru_with(*pkru, pkey, 0);
}

/* Whether the handler should act. It does not for a crash of our own, nor for a store that faults again after it was
 * handled. */
static inline bool handler_take(struct handler *handler, const siginfo_t *info, void *context)
{
    if (info->si_code != handler->code) {
        handler_give_up(handler->signal);
        return false;
    }
    if (handler->caught++ < handler->limit)
        return true;
    frame_step_over_store(context);
    return false;
}

/* These enclose a run in which each store must be caught exactly once. */
static inline void handler_begin(struct handler *handler, uint64_t loops)
{
    handler->caught = 0;
    handler->limit = loops;
}

static inline int handler_end(const struct handler *handler)
{
    return handler->caught == handler->limit ? 0 : EFAULT;
}

static inline int handler_prove_once(const struct handler *handler)
{
    return handler->caught == 1
               ? 0
               : pk_disprove("the store was caught %llu times instead of once", (unsigned long long)handler->caught);
}
