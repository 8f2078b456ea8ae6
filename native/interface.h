/* What C and Python agree on.
 *
 * The compiler reads this file through benchmark.h; cffi reads it as it stands. It therefore holds declarations
 * and `#define NAME integer`, and no other directive. */

#define PK_AXES_MAX 3
#define PK_KEYS_MAX 16
#define PK_EVENTS_MAX 4

/* What a benchmark needs of the machine, as bits of `needs`. */
#define PK_NEEDS_KEYS 1    /* protection keys that work */
#define PK_NEEDS_X86 2     /* x86-64 instructions */
#define PK_NEEDS_GLIBC 4   /* the C library's pkey_set */
#define PK_NEEDS_THREADS 8 /* more than one thread or process: never counted in an emulator */

/* Why a native call did not return 0. */
#define PK_SKIPPED 1    /* this machine can't do it: pk_reason() says why */
#define PK_DISPROVED -1 /* verify found that the operation is not what its name says: pk_reason() says why */

/* One thing a benchmark is swept along. Numeric points are written as "1,2,31-35"; where `labels` is set, a point
 * is the place of a label in that comma-separated list. */
struct pk_axis {
    const char *name;
    const char *meaning;
    const char *points; /* what `standard` runs: numbers, or "cpus" for 1, 2, 4 … all allowed CPUs */
    const char *quick;  /* what `quick` runs */
    const char *more;   /* what `publish` runs besides `points`: large or slow; or NULL */
    const char *labels; /* or NULL */
};

struct pk_value;

struct pk_benchmark {
    const char *family;
    const char *name;
    const char *operation; /* one sentence: what one operation is */
    const char *group;     /* benchmarks that are compared with each other share it; or NULL */
    const char *floor; /* "family/name" of the benchmark, run at the same point as far as it shares the axes, whose one
                          iteration every iteration of this one contains besides the operation; or NULL */
    struct pk_axis axes[PK_AXES_MAX];
    uint32_t needs;
    uint32_t inner_loops; /* operations in one iteration; 0 means 1 */
    uint32_t slope;    /* the floor is the same loop with fewer of the same operation, in the same group: without it, an
                          operation costs their difference by the difference of their operations */
    uint32_t headline; /* part of the quick profile when no pattern is given */
    size_t state_size; /* bytes of zeroed state that every function below gets */

    /* Bytes of memory that the case populates at this point; or NULL for next to none. */
    uint64_t (*memory)(const int64_t *point);
    /* Milliseconds that one value waits untimed at this point, whatever its loops; or NULL for next to none. */
    uint64_t (*wait)(const int64_t *point);
    /* What this machine lacks for this point, as far as can be told without setting anything up: 0 or PK_SKIPPED; or
     * NULL for nothing beyond `needs`. */
    int (*support)(const int64_t *point);
    /* What else an operation costs on average at this point on this machine, worked out and not measured, such as
     * evictions, and what that is called; or NULL. */
    double (*count)(const int64_t *point);
    const char *counted;
    /* Make everything the operation needs. 0, PK_SKIPPED, or -errno. Teardown follows in each case. */
    int (*setup)(void *state, const int64_t *point);
    /* Prove on this machine that the operation does what its name says. 0, PK_DISPROVED, PK_SKIPPED or -errno. */
    int (*verify)(void *state);
    /* Iterations that may follow each other before `prepare` must run again; or NULL where there is no limit. */
    uint64_t (*batch)(const void *state);
    /* Untimed: put the state back to where `run` may do another batch. Set exactly where `batch` is. */
    int (*prepare)(void *state);
    /* Timed: the operation and the counter, nothing else. 0, or the operation's failures or-ed together. It goes on
     * where the last call ended: a value is made of many calls. */
    int (*run)(void *state, uint64_t loops);
    /* Instead of `run`, where the operation is not done by one function in this thread alone, but by a team, in a fresh
     * process, by a signal handler …: times itself, and fills `value` (zeroed: seconds, ticks; members and slowest
     * where there are several). */
    int (*measure)(void *state, uint64_t loops, struct pk_value *value);
    /* Give everything back. Can't fail. */
    void (*teardown)(void *state);
};

/* One value: what a timed run of `loops` iterations took. Totals, not yet divided. */
struct pk_value {
    uint64_t loops;        /* as they were asked for */
    double seconds;        /* CLOCK_MONOTONIC_RAW; for a team the mean over its members */
    double all_seconds;    /* of all iterations, and of the no-ops between pieces */
    uint64_t ticks;        /* time-stamp counter; 0 where the architecture has none that user mode may read */
    uint64_t minor_faults; /* deltas of the calling thread over the whole of the run */
    uint64_t major_faults;
    uint64_t voluntary_switches;
    uint64_t involuntary_switches;
    int32_t cpu;          /* CPU at the end of the run */
    uint32_t migrations;  /* 1 if that is not the CPU at its beginning: the calling thread is bound to one */
    uint32_t members;     /* 1, or how many threads or processes took part */
    double slowest;       /* seconds of the slowest member */
    uint32_t pieces;      /* that the iterations were done in, 0 for one whole: then seconds and ticks are what all
                             iterations     would take at the median of these pieces */
    uint32_t uncontended; /* of the pieces, those with nobody else on the core: the median is theirs, or of all where
                       there is none */
    double nop_seconds;   /* what a no-op took on average next to the pieces of the median */
    uint64_t counter_enabled; /* nanoseconds for which the group of events should have counted; 0 where none was open,
                                 or the operation times itself */
    uint64_t counter_running; /* nanoseconds for which it did count */
    uint64_t counts[PK_EVENTS_MAX]; /* of the events as they were given to pk_counters_open, as counted; 0 for those
                                       with an error */
};

/* The kinds of machine, as far as native code can tell. */
struct pk_machine {
    const char *architecture;
    uint32_t has_pkru;          /* this build knows the PKRU register */
    uint32_t cpu_pku;           /* CPUID.7.0:ECX.PKU */
    uint32_t os_pke;            /* CPUID.7.0:ECX.OSPKE */
    uint32_t hypervisor;        /* CPUID.1:ECX.31 */
    char hypervisor_vendor[16]; /* CPUID.4000_0000H, as text */
    uint32_t max_hypervisor_leaf;
    uint32_t initial_pkru;       /* as found, before anything was changed */
    int32_t alloc_errno;         /* of the trial pkey_alloc, 0 if it worked, -1 if it wasn't tried */
    uint32_t keys;               /* how many keys could be allocated at once */
    uint32_t xstate_pkru_offset; /* where XSAVE keeps PKRU, CPUID.(EAX=DH,ECX=9):EBX */
    uint32_t glibc_pkeys;        /* the C library has pkey_set */
    const char *compiler;
    const char *flags;
    const char *build;        /* hash of the native sources */
    const char *keys_missing; /* why keys can't be used here; NULL where they work */
};

/* The table of benchmarks. */
size_t pk_benchmark_count(void);
const struct pk_benchmark *pk_benchmark_at(size_t index);
/* Where it is declared: the table itself is in no order. */
const char *pk_benchmark_file(size_t index);
long pk_benchmark_line(size_t index);

/* 0, or PK_SKIPPED where this machine lacks something that the benchmark needs at this point. */
int pk_benchmark_skipped(const struct pk_benchmark *benchmark, const int64_t *point);

/* A case under way. */
struct pk_case;
int pk_case_open(const struct pk_benchmark *benchmark, const int64_t *point, struct pk_case **opened);
int pk_case_verify(struct pk_case *opened);
/* Iterations that may follow each other without a preparation between them; 0 where there is no limit. */
uint64_t pk_case_batch(const struct pk_case *opened);
/* How to tell whether the core was ours: by no-ops around every so many iterations, where that takes no longer. */
struct pk_pieces {
    uint64_t loops;
    double longest_nop; /* seconds of a no-op with nobody else on the core */
};

/* Time so many iterations; in pieces, or in one where that is NULL or the operation times itself. */
int pk_case_measure(struct pk_case *opened, uint64_t loops, const struct pk_pieces *pieces, struct pk_value *value);
void pk_case_close(struct pk_case *opened);

/* What one step of a chain of dependent instructions took, of two kinds: a register addition takes one core cycle, a
 * multiplication three, on every x86 core with keys; so they tell core cycles where no counter does. 0 where this build
 * knows no such chain. */
struct pk_core_clock {
    double add_seconds;
    double multiply_seconds;
    double
        nop_seconds; /* of one of many no-ops, which depend on nothing: as many a cycle as the core can issue, and about
                        half as many while another hardware thread uses the same core, which may leave a chain alone */
};

#define PK_NOPS_READ 100000    /* five microseconds: reading the clock is a hundredth of that */
#define PK_BRANCHES_READ 20000 /* chance makes half a per cent of difference then */

/* What a no-op takes here and now, in seconds, over so many of them; 0 where this build knows no chain. */
double pk_nop_seconds(void);

/* What a step takes whose branch can't be predicted, likewise: more while another hardware thread of the core is awake,
 * even where it only waits and takes no instruction's place. */
double pk_branch_seconds(void);

/* Time all three on the CPU that this thread runs on, the chains for about so many core cycles in all. */
void pk_core_clock_measure(uint64_t cycles, struct pk_core_clock *chain);

/* An event of perf_event_open(2). */
struct pk_event {
    const char *name;
    uint32_t type;
    uint64_t config;
    int32_t error; /* 0, or why it can't be counted: an errno, or PK_EVENT_UNKNOWN */
};
#define PK_EVENT_UNKNOWN -1 /* which event it is on this CPU is not known: not even tried */

/* What of the calling thread is counted. */
#define PK_COUNTED_NONE 0
#define PK_COUNTED_ALL 1  /* user mode and kernel */
#define PK_COUNTED_USER 2 /* user mode alone: the kernel is forbidden */

/* Fill in the events that are counted beside times; return how many they are. */
uint32_t pk_hardware_events(struct pk_event *events);
/* Count events, as one group, around every timed loop of this thread from now on; note for each why it can't be. */
uint32_t pk_counters_open(struct pk_event *events, uint32_t number);
void pk_counters_close(void);
/* Have all perf events that this thread opened by itself, and that its threads and processes since then inherited,
 * count in timed loops alone, or no more: prctl(2), PR_TASK_PERF_EVENTS_ENABLE. A loop then has one system call more,
 * the last. */
void pk_counters_follow(uint32_t on);

/* The smallest step that two readings of the clock of `pk_value.seconds` are seen to be apart, and what a reading
 * takes. */
struct pk_clock_precision {
    double step_seconds; /* 0 where the clock stood still */
    double read_seconds;
};

void pk_clock_measure(struct pk_clock_precision *found);

/* The text behind the last PK_SKIPPED, PK_DISPROVED or -errno in this thread. */
const char *pk_reason(void);

/* What this machine is. Probes once, then remembers. */
const struct pk_machine *pk_machine_probe(void);

/* Have the kernel kill this process when its parent ends; exit at once where that is no longer this one. */
void pk_end_with_parent(int parent);
