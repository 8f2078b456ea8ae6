#define _GNU_SOURCE
#include "held.h"

#include <dirent.h>
#include <inttypes.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>

#include "benchmark.h"
#include "cpu/pkey.h"

/* Count mappings and their bytes without the C library's heap and the stack. The heap keeps freed memory, and grows by
 * a mapping after a fork; the address sanitizer finds leaks in it. */
static void measure_mappings(struct held *held)
{
    FILE *maps;
    char line[512];

#if defined(__SANITIZE_THREAD__) || defined(__SANITIZE_ADDRESS__)
    return; /* a sanitizer maps memory of its own */
#endif
    maps = fopen("/proc/self/maps", "re");
    while (maps && fgets(line, sizeof line, maps)) {
        uint64_t from, to;

        if (strstr(line, "[heap]") || strstr(line, "[stack]") || sscanf(line, "%" SCNx64 "-%" SCNx64, &from, &to) != 2)
            continue;
        held->mappings++;
        held->mapped += to - from;
    }
    if (maps)
        fclose(maps);
}

static unsigned count_free_keys(void)
{
    int keys[PK_KEYS_MAX];
    unsigned count = 0;

    while (count < PK_KEYS_MAX && (keys[count] = pk_pkey_alloc(0)) > 0)
        count++;
    for (unsigned i = 0; i < count; i++)
        pk_pkey_free(keys[i]);
    return count;
}

static unsigned count_entries(const char *path)
{
    DIR *folder = opendir(path);
    unsigned count = 0;

    while (folder && readdir(folder))
        count++;
    if (folder)
        closedir(folder);
    return count;
}

static unsigned count_children(void)
{
    siginfo_t info = {0};

    return !waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT);
}

/* A joined thread may remain visible for a moment. */
static unsigned count_threads(void)
{
    const struct timespec moment = {.tv_nsec = 1000000};
    unsigned count = 0;

#ifdef __SANITIZE_THREAD__
    return 0; /* the sanitizer has a thread of its own */
#endif
    for (int i = 0; (count = count_entries("/proc/self/task")) > 3 && i < 100; i++)
        nanosleep(&moment, NULL);
    return count;
}

/* Signals with a handler. The C library handles two signals itself, once there are threads. */
static uint64_t find_handled(void)
{
    uint64_t handled = 0;

    for (int signal = 1; signal < 64; signal++) {
        struct sigaction action = {0};

        if (!sigaction(signal, NULL, &action) && action.sa_handler != SIG_DFL && action.sa_handler != SIG_IGN)
            handled |= 1ull << signal;
    }
    return handled;
}

static uint64_t find_blocked(void)
{
    uint64_t blocked = 0;
    sigset_t mask;

    sigemptyset(&mask);
    sigprocmask(SIG_SETMASK, NULL, &mask);
    for (int signal = 1; signal < 64; signal++)
        if (sigismember(&mask, signal) == 1)
            blocked |= 1ull << signal;
    return blocked;
}

static unsigned count_cpus(void)
{
    cpu_set_t allowed;

    CPU_ZERO(&allowed);
    sched_getaffinity(0, sizeof allowed, &allowed);
    return (unsigned)CPU_COUNT(&allowed);
}

static unsigned has_altstack(void)
{
    stack_t stack = {0};

    sigaltstack(NULL, &stack);
    return !(stack.ss_flags & SS_DISABLE);
}

struct held held_look(void)
{
    struct held held = {
        .threads = count_threads(),
        .descriptors = count_entries("/proc/self/fd"),
        .children = count_children(),
        .cpus = count_cpus(),
        .blocked = find_blocked(),
        .handled = find_handled(),
        .altstack = has_altstack(),
    };

    measure_mappings(&held);
    if (pk_pkru_usable()) {
        held.pkru = pk_rdpkru();
        held.free_keys = count_free_keys();
        pk_wrpkru(held.pkru);
    }
    return held;
}

static int prove_settings(const struct held *now, const struct held *before)
{
    if (now->free_keys != before->free_keys)
        return pk_disprove("%u keys of %u are free", now->free_keys, before->free_keys);
    if (now->cpus != before->cpus)
        return pk_disprove("the thread may use %u CPUs instead of %u", now->cpus, before->cpus);
    if (now->blocked != before->blocked)
        return pk_disprove("the blocked signals are %#" PRIx64 " instead of %#" PRIx64, now->blocked, before->blocked);
    if (now->handled != before->handled)
        return pk_disprove("the handled signals are %#" PRIx64 " instead of %#" PRIx64, now->handled, before->handled);
    if (now->altstack != before->altstack)
        return pk_disprove("there is %s alternate signal stack", now->altstack ? "an" : "no");
    return now->pkru == before->pkru ? 0 : pk_disprove("PKRU is 0x%08x instead of 0x%08x", now->pkru, before->pkru);
}

int held_prove_settings(const struct held *before)
{
    struct held now = held_look();

    return prove_settings(&now, before);
}

int held_prove_nothing_left(const struct held *before)
{
    struct held now = held_look();

    if (now.mappings > before->mappings)
        return pk_disprove("it leaves %u mappings behind", now.mappings - before->mappings);
    if (now.mapped > before->mapped)
        return pk_disprove("it leaves %" PRIu64 " more bytes mapped", now.mapped - before->mapped);
    if (now.threads != before->threads)
        return pk_disprove("there are %u threads instead of %u", now.threads, before->threads);
    if (now.descriptors != before->descriptors)
        return pk_disprove("there are %u open files instead of %u", now.descriptors, before->descriptors);
    if (now.children != before->children)
        return pk_disprove("it leaves a child process behind");
    return prove_settings(&now, before);
}
