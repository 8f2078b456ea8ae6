/* The contract between C and Python.
 *
 * The compiler reads this file through benchmark.h, cffi reads it directly. It therefore contains only declarations and
 * `#define NAME integer`. */

#define PK_AXES_MAX 3
#define PK_KEYS_MAX 16
#define PK_EVENTS_MAX 4

/* What a benchmark needs from the machine: the bits of `needs`. */
#define PK_NEEDS_KEYS 1    /* working protection keys */
#define PK_NEEDS_X86 2     /* x86-64 instructions */
#define PK_NEEDS_GLIBC 4   /* the C library's pkey_set */
#define PK_NEEDS_THREADS 8 /* several threads or processes: its instructions are not counted in an emulator */

/* Why a native function failed. It may also return -errno. In each case, pk_reason() says why. */
#define PK_SKIPPED 1    /* this machine cannot run the case */
#define PK_DISPROVED -1 /* verify found that the operation does not do what its name says */

/* One dimension of a benchmark's sweep. Points are numbers, written as "1,2,31-35". If there are `labels`, a point is
 * the index of a label in that comma-separated list, and `points`, `quick` and `more` name labels. */
struct pk_axis {
    const char *name;
    const char *meaning; /* what a point stands for */
    const char *points;  /* points of the preset `standard`; "cpus" stands for 1, 2, 4 … all allowed CPUs */
    const char *quick;   /* points of the preset `quick` */
    const char *more;    /* additional points of the preset `publish`: large or slow; or NULL */
    const char *labels;  /* or NULL */
};

struct pk_value;

/* A benchmark. Together with a point on each of its axes, it makes a case.
 *
 * One iteration of the timed loop does `inner_loops` operations. */
struct pk_benchmark {
    const char *family;
    const char *name;
    const char *operation; /* one sentence: what one operation does */
    const char *group;     /* benchmarks of the same group are compared with each other; or NULL */
    const char *floor;     /* fixed overhead: "family/name" of the benchmark whose iteration is contained in this one's,
                              matched on shared axes; or NULL */
    struct pk_axis axes[PK_AXES_MAX];
    uint32_t needs;       /* PK_NEEDS_ bits */
    uint32_t inner_loops; /* operations in one iteration; 0 stands for 1 */
    uint32_t slope;    /* the floor is the same loop with fewer of the same operations, and belongs to the same group:
                          an operation's time is the difference in time divided by the difference in operations */
    uint32_t headline; /* included in the preset `quick` unless cases are named */
    size_t state_size; /* size of the state that all functions below receive; it starts zeroed */

    /* Return the bytes of memory that the case populates. NULL: almost none. */
    uint64_t (*memory)(const int64_t *point);
    /* Return the milliseconds that taking one value waits, untimed, however many loops it has. NULL: almost none. */
    uint64_t (*wait)(const int64_t *point);
    /* Check without setting anything up whether this machine supports the point: 0 or PK_SKIPPED. NULL: `needs` says
     * it all. */
    int (*support)(const int64_t *point);
    /* Compute what else an operation causes on average on this machine, such as evictions; it is not measured. NULL:
     * nothing. */
    double (*count)(const int64_t *point);
    const char *counted; /* what `count` counts, in the plural */
    /* Prepare everything the operation needs. 0, PK_SKIPPED or -errno; teardown follows in each case. */
    int (*setup)(void *state, const int64_t *point);
    /* Prove on this machine that the operation does what its name says. 0, PK_DISPROVED, PK_SKIPPED or -errno. */
    int (*verify)(void *state);
    /* Return how many iterations may run before `prepare` must be called again. NULL: no limit. */
    uint64_t (*batch)(const void *state);
    /* Untimed: restore the state for another batch of `run`. Set if and only if `batch` is. */
    int (*prepare)(void *state);
    /* Timed: the operation and the loop counter, nothing else. Returns 0, or the bitwise or of all failures. Each call
     * continues where the last one ended, because a value consists of many calls. */
    int (*run)(void *state, uint64_t loops);
    /* Replaces `run` if the operation is not a single function in this thread: a team runs it, or a fresh process, or a
     * signal handler … It does its own timing, and fills in the zeroed `value`: seconds and ticks; also members and
     * slowest if several take part. */
    int (*measure)(void *state, uint64_t loops, struct pk_value *value);
    /* Release everything. Cannot fail. */
    void (*teardown)(void *state);
};

/* One value: the result of timing `loops` iterations. Times are totals over all iterations. */
struct pk_value {
    uint64_t loops;        /* as requested */
    double seconds;        /* by CLOCK_MONOTONIC_RAW; for a team, the mean of its members */
    double all_seconds;    /* actual time of all iterations, including the no-ops between pieces */
    uint64_t ticks;        /* of the time-stamp counter; 0 if the architecture has none for user mode */
    uint64_t minor_faults; /* this and the next three: by the calling thread, during the whole measurement */
    uint64_t major_faults;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    int32_t cpu;              /* CPU at the end */
    uint32_t migrations;      /* 1 if it differs from the CPU at the start, although the thread is pinned */
    uint32_t members;         /* threads or processes that took part; 1 without a team */
    double slowest;           /* seconds of the slowest member */
    uint32_t pieces;          /* number of pieces that the iterations were divided into; 0 if not divided. Otherwise,
                                 seconds and ticks are those of the median piece, scaled to all iterations */
    uint32_t uncontended;     /* pieces in which the core was uncontended; the median is taken over these, or over all
                                 if there are none */
    double nop_seconds;       /* mean time of a no-op next to the pieces that the median is taken over */
    uint64_t counter_enabled; /* nanoseconds for which the group of events was enabled; 0 if none was open, or if the
                                 operation times itself */
    uint64_t counter_running; /* nanoseconds for which it was counting */
    uint64_t counts[PK_EVENTS_MAX]; /* raw counts, in the order given to pk_counters_open; 0 for events with an error */
};

/* What native code knows about this machine, and about its own build. */
struct pk_machine {
    const char *architecture;
    uint32_t has_pkru;          /* this build supports the PKRU register */
    uint32_t cpu_pku;           /* CPUID.7.0:ECX.PKU */
    uint32_t os_pke;            /* CPUID.7.0:ECX.OSPKE */
    uint32_t hypervisor;        /* CPUID.1:ECX.31 */
    char hypervisor_vendor[16]; /* CPUID.4000_0000H, as text */
    uint32_t max_hypervisor_leaf;
    uint32_t initial_pkru;       /* before pkbench changed anything */
    int32_t alloc_errno;         /* of the trial pkey_alloc: 0 if it succeeded, -1 if it was not tried */
    uint32_t keys;               /* number of keys that could be allocated at once */
    uint32_t xstate_pkru_offset; /* where XSAVE stores PKRU: CPUID.(EAX=DH,ECX=9):EBX */
    uint32_t glibc_pkeys;        /* the C library has pkey_set */
    const char *compiler;
    const char *flags;
    const char *build;        /* hash of the native sources */
    const char *keys_missing; /* why keys cannot be used here; NULL if they work */
};

/* The table of benchmarks, in no particular order. */
size_t pk_benchmark_count(void);
const struct pk_benchmark *pk_benchmark_at(size_t index);
/* Where the benchmark is declared. */
const char *pk_benchmark_file(size_t index);
long pk_benchmark_line(size_t index);

/* Return PK_SKIPPED if this machine lacks something that the benchmark needs at this point, otherwise 0. */
int pk_benchmark_skipped(const struct pk_benchmark *benchmark, const int64_t *point);

/* An open case: a benchmark at a point, set up. */
struct pk_case;
int pk_case_open(const struct pk_benchmark *benchmark, const int64_t *point, struct pk_case **opened);
int pk_case_verify(struct pk_case *opened);
/* Return how many iterations run between two preparations; 0 if there is no limit. */
uint64_t pk_case_batch(const struct pk_case *opened);

/* How to detect SMT contention: divide a value into pieces, and time no-ops between them. */
struct pk_pieces {
    uint64_t loops;     /* iterations in a piece */
    double longest_nop; /* seconds of a no-op above which the core counts as contended */
};

/* Time `loops` iterations. They are divided into pieces unless `pieces` is NULL or the operation times itself. */
int pk_case_measure(struct pk_case *opened, uint64_t loops, const struct pk_pieces *pieces, struct pk_value *value);
void pk_case_close(struct pk_case *opened);

/* Core-clock calibration: how long a core cycle is, and how fast the core issues no-ops. It needs no counter: in a
 * chain of dependent instructions, an addition takes one cycle and a multiplication three, on every x86 core with keys.
 * All are 0 if this build has no such chain. */
struct pk_core_clock {
    double add_seconds;      /* of one addition in the chain */
    double multiply_seconds; /* of one multiplication in the chain */
    double nop_seconds; /* of one no-op. No-ops are independent, so the core issues as many in a cycle as it can. While
                           its other hardware thread is busy, it issues about half as many, and a chain may take no
                           longer than before */
};

#define PK_NOPS_READ 100000    /* about five microseconds: reading the clock takes a hundredth of that */
#define PK_BRANCHES_READ 20000 /* keeps the random variation at half a per cent */

/* Return the current time of a no-op in seconds, from PK_NOPS_READ of them; 0 if this build has no calibration. */
double pk_nop_seconds(void);

/* Return the current time of a step with an unpredictable branch in seconds, likewise. It is longer while the core's
 * other hardware thread is awake, even if that thread only waits and issues nothing. */
double pk_branch_seconds(void);

/* Calibrate the core clock on this thread's CPU. The chains take about `cycles` core cycles in total. */
void pk_core_clock_measure(uint64_t cycles, struct pk_core_clock *clock);

/* An event of perf_event_open(2). */
struct pk_event {
    const char *name;
    uint32_t type;
    uint64_t config;
    int32_t error; /* 0, or why the event cannot be counted: an errno, or PK_EVENT_UNKNOWN */
};
#define PK_EVENT_UNKNOWN -1 /* pkbench does not know this CPU's event, and has not tried to open one */

/* Which part of the calling thread is counted. */
#define PK_COUNTED_NONE 0
#define PK_COUNTED_ALL 1  /* user mode and kernel */
#define PK_COUNTED_USER 2 /* only user mode: counting in the kernel is not permitted */

/* Fill in the events that can be counted with each value. Returns their number. */
uint32_t pk_hardware_events(struct pk_event *events);
/* Count these events as one group around every timed loop of this thread from now on. Sets `error` in each event.
 * Returns a PK_COUNTED_ constant. */
uint32_t pk_counters_open(struct pk_event *events, uint32_t number);
void pk_counters_close(void);
/* With `on`, all perf events that this thread opened elsewhere count only in timed loops, and so do those that its new
 * threads and processes inherit: prctl(2), PR_TASK_PERF_EVENTS_ENABLE. This adds one system call to a loop's counts,
 * the last one. */
void pk_counters_follow(uint32_t on);

/* How precise the clock of `pk_value.seconds` is. */
struct pk_clock_precision {
    double step_seconds; /* smallest observed difference between two readings; 0 if the clock stood still */
    double read_seconds; /* time of one reading */
};

void pk_clock_measure(struct pk_clock_precision *found);

/* Return the explanation of this thread's last PK_SKIPPED, PK_DISPROVED or -errno. */
const char *pk_reason(void);

/* Return the description of this machine. It is determined once, and then remembered. */
const struct pk_machine *pk_machine_probe(void);

/* Let the kernel kill this process when its parent ends. Exits at once if `parent` is no longer the parent. */
void pk_end_with_parent(int parent);
