#define _GNU_SOURCE
#include "memory/trap.h"

#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <string.h>
#include <ucontext.h>

#include "cpu/pkey.h"
#include "reason.h"

static _Thread_local sigjmp_buf *volatile back;
static _Thread_local struct pk_fault *volatile caught;

static void on_fault(int signal, siginfo_t *info, void *context)
{
    struct pk_fault *fault = caught;

    if (!back) {
        /* Not ours: restore the default action, so that it happens again and kills the process. */
        struct sigaction fall = {.sa_handler = SIG_DFL};
        sigaction(signal, &fall, NULL);
        return;
    }
    fault->happened = true;
    fault->code = info->si_code;
#ifdef si_pkey
    fault->pkey = info->si_code == SEGV_PKUERR ? (int)info->si_pkey : 0;
#endif
    fault->address = info->si_addr;
#if defined(__x86_64__)
    fault->error_code = (uint64_t)((ucontext_t *)context)->uc_mcontext.gregs[REG_ERR];
#else
    (void)context;
#endif
    siglongjmp(*back, 1);
}

/* An action that may fault. */
struct attempt {
    int (*run)(void *state, uint64_t loops); /* if NULL, the access is tried instead */
    void *state;
    enum pk_access access;
    volatile char *address;
};

static int try(const struct attempt *attempt)
{
    if (attempt->run)
        return attempt->run(attempt->state, 1);
    if (attempt->access == PK_STORE)
        *attempt->address = 1;
    else
        (void)*attempt->address;
    return 0;
}

static int catch_fault(const struct attempt *attempt, struct pk_fault *fault)
{
    struct sigaction action = {.sa_sigaction = on_fault, .sa_flags = SA_SIGINFO}, before;
    sigjmp_buf here;
    /* The kernel enters a handler with the initial PKRU, and siglongjmp does not restore PKRU. */
    volatile int usable = pk_pkru_usable();
    volatile uint32_t pkru = usable ? pk_rdpkru() : 0;
    volatile int status = 0;

    memset(fault, 0, sizeof *fault);
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGSEGV, &action, &before))
        return pk_error(errno, "catch SIGSEGV");
    caught = fault;
    back = &here;
    if (!sigsetjmp(here, 1))
        status = try(attempt);
    back = NULL;
    if (fault->happened && usable)
        pk_wrpkru(pkru);
    sigaction(SIGSEGV, &before, NULL);
    return status;
}

int pk_trap(enum pk_access access, volatile char *address, struct pk_fault *fault)
{
    struct attempt attempt = {.access = access, .address = address};

    return catch_fault(&attempt, fault);
}

static const char *name_of(enum pk_access access)
{
    return access == PK_STORE ? "store" : "load";
}

/* `pkey` is 0 unless a key is to be the reason. */
static int prove_refused(enum pk_access access, volatile char *address, int code, int pkey)
{
    struct pk_fault fault;
    int status = pk_trap(access, address, &fault);

    if (status)
        return status;
    if (!fault.happened)
        return pk_disprove("a %s that must fault was allowed", name_of(access));
    if (fault.code != code)
        return pk_disprove("a denied %s faulted with si_code %d instead of %d", name_of(access), fault.code, code);
    if (pkey && fault.pkey != pkey)
        return pk_disprove("a denied %s faulted for key %d instead of %d", name_of(access), fault.pkey, pkey);
    if (fault.address != (void *)address)
        return pk_disprove("a denied %s faulted at another address", name_of(access));
    return 0;
}

int pk_prove_refused(enum pk_access access, volatile char *address, int pkey)
{
    return prove_refused(access, address, pkey ? SEGV_PKUERR : SEGV_ACCERR, pkey);
}

int pk_prove_unmapped(enum pk_access access, volatile char *address)
{
    return prove_refused(access, address, SEGV_MAPERR, 0);
}

int pk_prove_allowed(enum pk_access access, volatile char *address)
{
    struct pk_fault fault;
    int status = pk_trap(access, address, &fault);

    if (status)
        return status;
    if (fault.happened)
        return pk_disprove("a %s that must be allowed faulted with si_code %d", name_of(access), fault.code);
    return 0;
}

int pk_prove_runs(int (*run)(void *, uint64_t), void *state)
{
    struct attempt attempt = {.run = run, .state = state};
    struct pk_fault fault;
    int status = catch_fault(&attempt, &fault);

    if (fault.happened)
        return pk_disprove("the operation faulted with si_code %d", fault.code);
    return status ? pk_disprove("the operation failed: %s", strerror(status < 0 ? -status : EIO)) : 0;
}
