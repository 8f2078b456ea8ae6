#include "fake_calls.h"
#include "wrong.h"

#include "families/kernel/signals.c"

static int ignore_the_signal(void *state)
{
    struct sigaction ignore = {.sa_handler = SIG_IGN};

    (void)state;
    return sigaction(SIGNAL, &ignore, NULL);
}

static int expect_another_pkru(void *state)
{
    struct signals *signals = state;

    signals->pkru.value ^= 4;
    return 0;
}

static int claim_another_label(void *state)
{
    struct signals *signals = state;

    signals->label = signals->label == PKRU_INITIAL ? PKRU_CHANGED : PKRU_INITIAL;
    return 0;
}

WRONG_CASES = {
    {"the signal is ignored", "kernel/signal-plain", "the handler ran 0 times", ignore_the_signal},
    {"PKRU is another", "kernel/signal/*", "PKRU is 0x", expect_another_pkru},
    {"the handler has another PKRU", "kernel/signal/*", "in the handler and", claim_another_label},
    {0},
};
