/* Taking the right to write away from all threads by a signal to each, which needs no cooperation from what they run.
 * A handler's own PKRU is gone when it returns, so it changes the PKRU in the frame that it returns to. */
#define _GNU_SOURCE
#include <signal.h>
#include <sys/syscall.h>

#include "cpu/frame.h"
#include "revoke.h"

/* Sanitizers delay the handlers of most other signals until the next call of the C library. */
#define SIGNAL SIGPIPE

struct signalled {
    struct revocation revocation; /* first, so that a pointer to this is one to it */
    long process;
    struct sigaction before;
    int installed;
};

/* What this thread's handler needs to know. */
static _Thread_local struct revocation *volatile told;
static _Thread_local struct post *volatile own;

static void obey(int signal, siginfo_t *info, void *context)
{
    struct post *post = own;
    uint32_t *pkru;
    unsigned order;

    (void)signal;
    (void)info;
    if (!post)
        return;
    pkru = pk_frame_pkru(context, pk_machine_probe()->xstate_pkru_offset);
    order = atomic_load_explicit(&post->ordered, memory_order_acquire);
    *pkru = order % 2 ? told->domain.key.closed : told->domain.key.open;
    atomic_store_explicit(&post->obeyed, order, memory_order_release);
}

/* Signal all threads before waiting for the first. The caller is one of them, and changes its rights itself. A thread
 * confirms in its handler, before which it can run nothing else with its old rights. Not inlined, because some
 * compilers would and some would not. */
__attribute__((noinline)) static void give_order(struct revocation *revocation, uint32_t pkru)
{
    const struct signalled *signalled = (const struct signalled *)revocation;
    unsigned order = ++revocation->orders;

    for (unsigned i = 1; i < revocation->threads; i++) {
        atomic_store_explicit(&revocation->posts[i].ordered, order, memory_order_release);
        pk_syscall4(SYS_tgkill, signalled->process, revocation->posts[i].thread, SIGNAL, 0);
    }
    pk_wrpkru(pkru);
    for (unsigned i = 1; i < revocation->threads; i++)
        while (atomic_load_explicit(&revocation->posts[i].obeyed, memory_order_acquire) != order)
            relax(revocation);
}

static int run(void *state, uint64_t loops)
{
    struct revocation *revocation = state;
    uint32_t open = revocation->domain.key.open, closed = revocation->domain.key.closed;

    PK_REPEAT(loops) {
        give_order(revocation, closed);
        give_order(revocation, open);
    }
    return 0;
}

static int join(void *state, unsigned member)
{
    struct revocation *revocation = state;

    revocation->posts[member].thread = pk_syscall4(SYS_gettid, 0, 0, 0, 0);
    if (member) {
        told = revocation;
        own = &revocation->posts[member];
    }
    pk_wrpkru(revocation->domain.key.open);
    return 0;
}

/* What the threads do all the time: nothing that could tell them. */
static void spin(void *state, unsigned member)
{
    (void)member;
    relax(state);
}

static const struct pk_team_work work = {.join = join, .verify = prove_rights, .idle = spin};

static int setup(void *state, const int64_t *point)
{
    struct signalled *signalled = state;
    struct sigaction action = {.sa_sigaction = obey, .sa_flags = SA_SIGINFO | SA_RESTART};
    int status = pk_domain_map(&signalled->revocation.domain, 1, PKEY_DISABLE_WRITE);

    if (status)
        return status;
    signalled->process = getpid();
    pk_machine_probe(); /* once before the handler asks it */
    sigemptyset(&action.sa_mask);
    if (sigaction(SIGNAL, &action, &signalled->before))
        return pk_error(errno, "sigaction");
    signalled->installed = 1;
    return start_threads(&signalled->revocation, point, &work);
}

static void teardown_signalled(void *state)
{
    const struct signalled *signalled = state;
    int installed = signalled->installed;

    teardown(state);
    if (installed)
        sigaction(SIGNAL, &signalled->before, NULL);
}

static int verify(void *state)
{
    return prove_orders(state, give_order, run);
}

PK_BENCHMARK(revoke_signal) = {
    .family = "switch",
    .name = "revoke-signal",
    .group = "revoke",
    .axes = {THREADS_AXIS},
    .needs = PK_NEEDS_THREADS | PK_NEEDS_KEYS,
    .operation = "take the right to write to a page away from all threads and give it back: each thread is told by a "
                 "signal, whose handler changes PKRU in the frame that it returns to, and confirms",
    .state_size = sizeof(struct signalled),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown_signalled,
};
