/* mprotect to PROT_EXEC only, which the kernel implements with a key. It takes a key for the process at the first
 * such call, and keeps it until the process ends. Every operation therefore runs in a fresh process, which times
 * itself. */
#define _GNU_SOURCE
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "cpu/pkey.h"
#include "memory/region.h"
#include "memory/trap.h"

/* What a fresh process reports. */
struct answer {
    int status;
    char reason[256];
    struct pk_value value;
};

struct fresh {
    struct answer *answer; /* shared with the process */
    bool proving;
};

/* What happens in the process: it has two regions. One may be changed before timing starts, the other is changed
 * while timed. */
struct change {
    bool earlier; /* the other region has been made execute-only before */
    bool undone;  /* the timed change is the one back to readable and writable */
};

static int setup(void *state, const int64_t *point)
{
    struct fresh *fresh = state;
    void *shared = mmap(NULL, sizeof *fresh->answer, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

    (void)point;
    if (shared == MAP_FAILED)
        return pk_error(errno, "share memory with a fresh process");
    fresh->answer = shared;
    return 0;
}

static void teardown(void *state)
{
    struct fresh *fresh = state;

    if (fresh->answer)
        munmap(fresh->answer, sizeof *fresh->answer);
}

static int count_free_keys(void)
{
    uint32_t before = pk_rdpkru();
    int keys[PK_KEYS_MAX], count = 0;

    while (count < PK_KEYS_MAX && (keys[count] = pk_pkey_alloc(0)) > 0)
        count++;
    for (int i = 0; i < count; i++)
        pk_pkey_free(keys[i]);
    pk_wrpkru(before);
    return count;
}

/* Prove that the region cannot be read because of the kernel's key, and find that key's number. */
static int prove_execute_only(const struct pk_region *region, int *pkey)
{
    struct pk_fault fault;
    int status = pk_trap(PK_LOAD, region->base, &fault);

    if (!status && !fault.happened)
        status = pk_disprove("a load that must fault was allowed");
    if (!status && fault.code != SEGV_PKUERR)
        status = pk_disprove("a denied load faulted with si_code %d instead of %d", fault.code, SEGV_PKUERR);
    *pkey = fault.pkey;
    return status ? status : pk_region_audit(region, PROT_EXEC, fault.pkey);
}

static int prove_keys(int before, int taken)
{
    int now = count_free_keys();

    return now == before - taken ? 0 : pk_disprove("%d keys of %d are free", now, before);
}

static int prove_readable(const struct pk_region *region)
{
    int status = pk_region_audit(region, PROT_READ | PROT_WRITE, 0);

    return status ? status : pk_prove_allowed(PK_STORE, region->base);
}

/* Prove the state after the timed change of `region`, while the other region is execute-only or unchanged. */
static int prove_after(const struct change *change, const struct pk_region *region, const struct pk_region *other,
                       int keys)
{
    int pkey = 0, others = 0, status;

    status = change->undone ? prove_readable(region) : prove_execute_only(region, &pkey);
    if (!status && change->earlier)
        status = prove_execute_only(other, &others);
    if (!status && change->earlier && pkey != others)
        status = pk_disprove("the regions have keys %d and %d", others, pkey);
    return status ? status : prove_keys(keys, 1); /* the process keeps it, even if no region has it */
}

static int time_change(struct answer *answer, const struct pk_region *region, int prot)
{
    size_t length = pk_page_size();
    struct pk_clock from = pk_clock_begin(), to;
    int status = pk_mprotect(region->base, length, prot);

    to = pk_clock_end();
    pk_value_add(&answer->value, &from, &to);
    return status ? pk_error(-status, "mprotect") : 0;
}

static int make_change(const struct change *change, struct answer *answer, bool proving)
{
    struct pk_region region = {0}, other = {0};
    int status = pk_region_map(&region, 1), keys = proving ? count_free_keys() : 0;

    if (!status)
        status = pk_region_map(&other, 1);
    if (!status && change->earlier)
        status = pk_mprotect(other.base, pk_page_size(), PROT_EXEC);
    if (!status && change->undone)
        status = pk_mprotect(region.base, pk_page_size(), PROT_EXEC);
    if (!status && proving && (change->earlier || change->undone))
        status = prove_keys(keys, 1);
    if (!status)
        status = time_change(answer, &region, change->undone ? PROT_READ | PROT_WRITE : PROT_EXEC);
    return status || !proving ? status : prove_after(change, &region, &other, keys);
}

/* The process inherits no execute-only key, because this process has none. */
static int change_in_fresh_process(const struct fresh *fresh, const struct change *change)
{
    struct answer *answer = fresh->answer;
    pid_t child;
    int ended;

    answer->status = pk_error(ECHILD, "a fresh process gave no answer");
    snprintf(answer->reason, sizeof answer->reason, "%s", pk_reason());
    child = fork();
    if (child == 0) {
        int status = make_change(change, answer, fresh->proving);

        snprintf(answer->reason, sizeof answer->reason, "%s", pk_reason());
        answer->status = status;
        _exit(0);
    }
    if (child < 0)
        return pk_error(errno, "fork");
    while (waitpid(child, &ended, 0) < 0 && errno == EINTR)
        ;
    if (answer->status == PK_DISPROVED)
        return pk_disprove("%s", answer->reason);
    return answer->status ? pk_error(-answer->status, "execute-only in a fresh process") : 0;
}

static int measure(struct fresh *fresh, const struct change *change, uint64_t loops, struct pk_value *value)
{
    int status = 0;

    fresh->proving = false;
    memset(&fresh->answer->value, 0, sizeof fresh->answer->value);
    for (; loops && !status; loops--)
        status = change_in_fresh_process(fresh, change);
    value->seconds = fresh->answer->value.seconds;
    value->ticks = fresh->answer->value.ticks;
    return status;
}

static int prove(struct fresh *fresh, const struct change *change)
{
    fresh->proving = true;
    return change_in_fresh_process(fresh, change);
}

#define EXEC_ONLY(identifier, text, change_earlier, change_undone, sentence)                               \
    static const struct change change_##identifier = {.earlier = change_earlier, .undone = change_undone}; \
    static int measure_##identifier(void *state, uint64_t loops, struct pk_value *value)                   \
    {                                                                                                      \
        return measure(state, &change_##identifier, loops, value);                                         \
    }                                                                                                      \
    static int verify_##identifier(void *state)                                                            \
    {                                                                                                      \
        return prove(state, &change_##identifier);                                                         \
    }                                                                                                      \
    PK_BENCHMARK(exec_only_##identifier) = {                                                               \
        .family = "syscall",                                                                               \
        .name = text,                                                                                      \
        .group = "exec-only",                                                                              \
        .operation = sentence,                                                                             \
        .needs = PK_NEEDS_KEYS | PK_NEEDS_THREADS,                                                         \
        .state_size = sizeof(struct fresh),                                                                \
        .setup = setup,                                                                                    \
        .measure = measure_##identifier,                                                                   \
        .verify = verify_##identifier,                                                                     \
        .teardown = teardown,                                                                              \
    };

EXEC_ONLY(first, "exec-only-first", false, false,
          "mprotect of one page to execute-only in a fresh process; it is the first such call, which takes a key")
EXEC_ONLY(again, "exec-only-again", true, false,
          "mprotect of one page to execute-only in a fresh process, after another page was made execute-only")
EXEC_ONLY(undo, "exec-only-undo", false, true,
          "mprotect of one execute-only page back to readable and writable in a fresh process")
