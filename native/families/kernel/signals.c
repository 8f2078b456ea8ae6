/* A signal to the same thread. The kernel saves PKRU in the signal frame, enters the handler with the initial PKRU,
 * and restores PKRU when the handler returns. */
#define _GNU_SOURCE
#include <signal.h>

#include "benchmark.h"
#include "cpu/pkey.h"
#include "pkru.h"

/* Sanitizers delay the handlers of most other signals until the next call of the C library. */
#define SIGNAL SIGPIPE

struct signals {
    long process, thread;
    struct sigaction before;
    int installed;
    struct pkru pkru;
    int64_t label;
};

/* A handler has no other place to leave a result. */
static volatile uint64_t handled;
static volatile uint32_t pkru_inside;

static void count(int number)
{
    (void)number;
    handled = handled + 1;
}

static void look(int number)
{
    (void)number;
    pkru_inside = pk_rdpkru();
    /* PKRU after the handler must come from the frame. */
    pk_wrpkru(0);
}

static int handle_by(struct signals *signals, void (*handler)(int))
{
    struct sigaction action = {.sa_handler = handler};

    sigemptyset(&action.sa_mask);
    if (sigaction(SIGNAL, &action, signals->installed ? NULL : &signals->before))
        return pk_error(errno, "sigaction");
    signals->installed = 1;
    return 0;
}

static int setup_plain(void *state, const int64_t *point)
{
    struct signals *signals = state;

    (void)point;
    signals->process = getpid();
    signals->thread = syscall(SYS_gettid);
    return handle_by(signals, count);
}

static int setup(void *state, const int64_t *point)
{
    struct signals *signals = state;
    int status = pkru_set(&signals->pkru, point[0]);

    signals->label = point[0];
    return status ? status : setup_plain(state, point);
}

static void teardown_plain(void *state)
{
    struct signals *signals = state;

    if (signals->installed)
        sigaction(SIGNAL, &signals->before, NULL);
}

static void teardown(void *state)
{
    struct signals *signals = state;

    teardown_plain(state);
    pkru_put_back(&signals->pkru);
}

static int run(void *state, uint64_t loops)
{
    const struct signals *signals = state;
    long process = signals->process, thread = signals->thread, status = 0;

    PK_REPEAT(loops)
        status |= pk_syscall4(SYS_tgkill, process, thread, SIGNAL, 0);
    return (int)status;
}

/* The handler has returned when the system call returns. */
static int verify_plain(void *state)
{
    uint64_t before = handled;

    if (run(state, 3))
        return pk_disprove("tgkill failed");
    if (handled - before != 3)
        return pk_disprove("the handler ran %u times instead of 3", (unsigned)(handled - before));
    return 0;
}

/* In the handler, PKRU has its initial value. No file and no call reports that value on all machines. */
static int prove_saved(struct signals *signals)
{
    int status = handle_by(signals, look);

    if (!status && pk_syscall4(SYS_tgkill, signals->process, signals->thread, SIGNAL, 0))
        status = pk_disprove("tgkill failed");
    if (!status)
        status = pkru_prove(&signals->pkru);
    if (!status && (pkru_inside == signals->pkru.value) != (signals->label == PKRU_INITIAL))
        status = pk_disprove("PKRU is 0x%08x in the handler and 0x%08x outside", pkru_inside, signals->pkru.value);
    return status ? status : handle_by(signals, count);
}

static int verify(void *state)
{
    struct signals *signals = state;
    int status = pkru_prove(&signals->pkru);

    if (!status)
        status = prove_saved(signals);
    if (!status)
        status = verify_plain(state);
    return status ? status : pkru_prove(&signals->pkru);
}

PK_BENCHMARK(signal_plain) = {
    .family = "kernel",
    .name = "signal-plain",
    .headline = 1,
    .floor = "instruction/empty-loop",
    .operation = "send a signal to this thread by tgkill, handle it, and return from the handler",
    .state_size = sizeof(struct signals),
    .setup = setup_plain,
    .run = run,
    .verify = verify_plain,
    .teardown = teardown_plain,
};

PK_BENCHMARK(signal) = {
    .family = "kernel",
    .name = "signal",
    .headline = 1,
    .floor = "instruction/empty-loop",
    .needs = PK_NEEDS_KEYS,
    .axes = {PKRU_AXIS("the interrupted thread's", "initial,changed,zero")},
    .operation = "send a signal to this thread by tgkill, handle it with the PKRU that the kernel sets, and return "
                 "from the handler",
    .state_size = sizeof(struct signals),
    .setup = setup,
    .run = run,
    .verify = verify,
    .teardown = teardown,
};
