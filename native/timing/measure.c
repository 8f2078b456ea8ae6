/* A case from set-up to teardown, and the timing of its values. */
#define _GNU_SOURCE
#include <errno.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "benchmark.h"
#include "cpu/clock.h"
#include "cpu/pkey.h"
#include "parallel/cpus.h"
#include "timing/counters.h"
#include "timing/pieces.h"

struct pk_case {
    const struct pk_benchmark *benchmark;
    cpu_set_t allowed; /* CPU affinity to restore */
    int has_pkru;
    uint32_t pkru; /* to restore, where there is one */
    void *state;
};

/* Pin the caller to the last CPU that it may use: CPU 0 handles most interrupts. */
static void pin(const cpu_set_t *allowed)
{
    cpu_set_t last;

    for (int cpu = CPU_SETSIZE - 1; cpu >= 0; cpu--)
        if (CPU_ISSET(cpu, allowed)) {
            CPU_ZERO(&last);
            CPU_SET(cpu, &last);
            sched_setaffinity(0, sizeof last, &last);
            return;
        }
}

int pk_case_open(const struct pk_benchmark *benchmark, const int64_t *point, struct pk_case **opened)
{
    int status = pk_benchmark_skipped(benchmark, point);
    struct pk_case *created;

    if (status)
        return status;
    created = calloc(1, sizeof *created);
    if (!created)
        return pk_error(ENOMEM, "allocate the case");
    created->benchmark = benchmark;
    created->state = calloc(1, benchmark->state_size ? benchmark->state_size : 1);
    if (!created->state || sched_getaffinity(0, sizeof created->allowed, &created->allowed)) {
        status = pk_error(created->state ? errno : ENOMEM, "allocate the case");
        free(created->state);
        free(created);
        return status;
    }
    created->has_pkru = pk_pkru_usable();
    if (created->has_pkru)
        created->pkru = pk_rdpkru();
    pk_forget_reason();
    /* Set up before pinning, so that a team sees all CPUs that the process may use. */
    status = benchmark->setup ? benchmark->setup(created->state, point) : 0;
    pin(&created->allowed);
    pk_forget_cpus();
    *opened = created;
    if (status) {
        pk_case_close(created);
        *opened = NULL;
        if (status < 0 && !pk_reason()[0])
            pk_error(-status, "set-up");
    }
    return status;
}

int pk_case_verify(struct pk_case *opened)
{
    const struct pk_benchmark *benchmark = opened->benchmark;

    return benchmark->verify ? benchmark->verify(opened->state) : 0;
}

static int run_batches(void *context, uint64_t loops, struct pk_value *value)
{
    const struct pk_case *opened = context;
    const struct pk_benchmark *benchmark = opened->benchmark;
    uint64_t limit = pk_case_batch(opened), batch = limit ? limit : loops;
    int status = 0;

    while (loops && !status) {
        uint64_t now = loops < batch ? loops : batch;
        struct pk_clock from, to;

        if (benchmark->prepare && (status = benchmark->prepare(opened->state)))
            break;
        pk_counters_start();
        from = pk_clock_begin();
        status = benchmark->run(opened->state, now);
        to = pk_clock_end();
        pk_counters_stop();
        pk_value_add(value, &from, &to);
        loops -= now;
    }
    return status;
}

static int run_here(struct pk_case *opened, uint64_t loops, const struct pk_pieces *pieces, struct pk_value *value)
{
    struct pk_counted before = pk_counters_read();
    uint64_t batch = pk_case_batch(opened);
    struct pk_pieces whole = pieces ? *pieces : (struct pk_pieces){0};
    int status;

    if (batch)
        whole.loops = (whole.loops + batch - 1) / batch * batch;
    status = pieces ? pk_pieces_measure(run_batches, opened, loops, &whole, value) : run_batches(opened, loops, value);

    pk_value_count(value, &before);
    return status;
}

static int measure_itself(struct pk_case *opened, uint64_t loops, struct pk_value *value)
{
    int status;

    pk_counters_start_own();
    status = opened->benchmark->measure(opened->state, loops, value);
    pk_counters_stop_own();
    return status;
}

uint64_t pk_case_batch(const struct pk_case *opened)
{
    return opened->benchmark->batch ? opened->benchmark->batch(opened->state) : 0;
}

int pk_case_measure(struct pk_case *opened, uint64_t loops, const struct pk_pieces *pieces, struct pk_value *value)
{
    struct rusage before, after;
    int status, cpu = sched_getcpu();

    memset(value, 0, sizeof *value);
    value->loops = loops;
    pk_forget_reason();
    getrusage(RUSAGE_THREAD, &before);
    if (opened->benchmark->measure)
        status = measure_itself(opened, loops, value);
    else
        status = run_here(opened, loops, pieces, value);
    if (!value->members) {
        value->members = 1;
        value->slowest = value->seconds;
    }
    if (!value->pieces)
        value->all_seconds = value->seconds;
    getrusage(RUSAGE_THREAD, &after);
    value->minor_faults = (uint64_t)(after.ru_minflt - before.ru_minflt);
    value->major_faults = (uint64_t)(after.ru_majflt - before.ru_majflt);
    value->voluntary_switches = (uint64_t)(after.ru_nvcsw - before.ru_nvcsw);
    value->involuntary_switches = (uint64_t)(after.ru_nivcsw - before.ru_nivcsw);
    value->cpu = sched_getcpu();
    value->migrations = value->cpu != cpu;
    if (status && !pk_reason()[0])
        return pk_error(status < 0 ? -status : EIO, "the operation failed while it was timed");
    return status;
}

void pk_case_close(struct pk_case *opened)
{
    if (!opened)
        return;
    if (opened->benchmark->teardown)
        opened->benchmark->teardown(opened->state);
    /* pkey_alloc sets a key's rights and pkey_free leaves them. The next case must find what this one found. */
    if (opened->has_pkru)
        pk_wrpkru(opened->pkru);
    sched_setaffinity(0, sizeof opened->allowed, &opened->allowed);
    free(opened->state);
    free(opened);
}
