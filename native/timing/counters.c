/* A group of perf events: which ones, and how they are opened, started, stopped and read. */
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "cpu/pkey.h"
#include "timing/counters.h"

/* From linux/perf_event.h, which a musl toolchain may lack. */
struct attribute { /* struct perf_event_attr as first published, PERF_ATTR_SIZE_VER0 */
    uint32_t type, size;
    uint64_t config, sample_period, sample_type, read_format, flags;
    uint32_t wakeup_events, bp_type;
    uint64_t bp_addr;
};
#define HARDWARE 0 /* PERF_TYPE_ */
#define CACHE 3
#define RAW 4
#define CPU_CYCLES 0 /* PERF_COUNT_HW_ */
#define INSTRUCTIONS 1
#define DTLB_READ_MISS (3 | 0 << 8 | 1 << 16) /* cache, operation, result */
#define TIME_ENABLED 1                        /* PERF_FORMAT_ */
#define TIME_RUNNING 2
#define GROUP 8
#define DISABLED 1 /* the bits of `flags` */
#define EXCLUDE_KERNEL (1 << 5)
#define EXCLUDE_HYPERVISOR (1 << 6)
#define CLOSE_ON_EXEC 8 /* PERF_FLAG_FD_CLOEXEC */
#define ENABLE 0x2400   /* PERF_EVENT_IOC_ */
#define DISABLE 0x2401

/* DTLB_LOAD_MISSES.WALK_ACTIVE: cycles in which a page walk for a load is active. Event, unit mask 0x10, counter mask
 * 1. */
#define WALK_ACTIVE(event) ((event) | 0x10 << 8 | 1 << 24)

/* The only group of this process. Its first member is the leader. */
static struct {
    uint32_t members;
    int files[PK_EVENTS_MAX];
    uint32_t places[PK_EVENTS_MAX]; /* of the members among the requested events */
} group;

/* Whether events opened elsewhere in this thread are enabled only in timed loops. */
static uint32_t following;

/* Return this CPU's event for page-walk cycles, 0 if unknown: there is no generic one. Source: Linux,
 * tools/perf/pmu-events/arch/x86/ mapfile.csv and virtual-memory.json of skylakex, icelakex and sapphirerapids. */
static uint64_t page_walk_event(void)
{
    uint32_t leaf[4] = {0};

    pk_cpuid(0, 0, leaf);
    if (leaf[1] != 0x756e6547) /* the beginning of "GenuineIntel" */
        return 0;
    pk_cpuid(1, 0, leaf);
    switch (leaf[0] >> 4 & 0xf0ff) { /* extended model, family, model */
    case 0x5065:                     /* Skylake and Cascade Lake servers: 06_55H */
    case 0x606a:                     /* Ice Lake servers */
    case 0x606c:
        return WALK_ACTIVE(0x08);
    case 0x806f: /* Sapphire Rapids */
        return WALK_ACTIVE(0x12);
    default:
        return 0;
    }
}

uint32_t pk_hardware_events(struct pk_event *events)
{
    uint64_t walk = page_walk_event();
    const struct pk_event all[] = {
        {"core_cycles", HARDWARE, CPU_CYCLES, 0},
        {"retired_instructions", HARDWARE, INSTRUCTIONS, 0},
        {"dtlb_load_misses", CACHE, DTLB_READ_MISS, 0},
        {"page_walk_cycles", RAW, walk, walk ? 0 : PK_EVENT_UNKNOWN},
    };

    _Static_assert(sizeof all / sizeof *all <= PK_EVENTS_MAX, "there is room for all");
    memcpy(events, all, sizeof all);
    return sizeof all / sizeof *all;
}

/* Count an event in the calling thread, on any CPU. Returns a file descriptor or -errno. */
static int open_event(const struct pk_event *event, int leader, uint32_t scope)
{
    struct attribute attribute = {
        .type = event->type,
        .size = sizeof attribute,
        .config = event->config,
        .read_format = TIME_ENABLED | TIME_RUNNING | GROUP,
        .flags = EXCLUDE_HYPERVISOR | (leader < 0 ? DISABLED : 0) | (scope == PK_COUNTED_USER ? EXCLUDE_KERNEL : 0),
    };
    long opened = syscall(SYS_perf_event_open, &attribute, 0, -1, leader, CLOSE_ON_EXEC);

    return opened < 0 ? -errno : (int)opened;
}

static void open_group(struct pk_event *events, uint32_t number, uint32_t scope)
{
    for (uint32_t place = 0; place < number && group.members < PK_EVENTS_MAX; place++) {
        int opened;

        if (events[place].error == PK_EVENT_UNKNOWN)
            continue;
        opened = open_event(&events[place], group.members ? group.files[0] : -1, scope);
        events[place].error = opened < 0 ? -opened : 0;
        if (opened < 0)
            continue;
        group.files[group.members] = opened;
        group.places[group.members++] = place;
    }
}

uint32_t pk_counters_open(struct pk_event *events, uint32_t number)
{
    pk_counters_close();
    for (uint32_t scope = PK_COUNTED_ALL; scope <= PK_COUNTED_USER; scope++) {
        open_group(events, number, scope);
        if (group.members)
            return scope;
    }
    return PK_COUNTED_NONE;
}

void pk_counters_close(void)
{
    while (group.members)
        close(group.files[--group.members]);
}

void pk_counters_follow(uint32_t on)
{
    following = on;
}

void pk_counters_start(void)
{
    if (group.members)
        ioctl(group.files[0], ENABLE, 0);
    pk_counters_start_own();
}

void pk_counters_stop(void)
{
    pk_counters_stop_own();
    if (group.members)
        ioctl(group.files[0], DISABLE, 0);
}

void pk_counters_start_own(void)
{
    if (following)
        prctl(PR_TASK_PERF_EVENTS_ENABLE, 0, 0, 0, 0);
}

void pk_counters_stop_own(void)
{
    if (following)
        prctl(PR_TASK_PERF_EVENTS_DISABLE, 0, 0, 0, 0);
}

struct pk_counted pk_counters_read(void)
{
    struct {
        uint64_t members, enabled, running, counts[PK_EVENTS_MAX];
    } raw = {0};
    struct pk_counted found = {0};

    if (!group.members || read(group.files[0], &raw, sizeof raw) < 0)
        return found;
    found.enabled = raw.enabled;
    found.running = raw.running;
    for (uint32_t member = 0; member < group.members; member++)
        found.counts[group.places[member]] = raw.counts[member];
    return found;
}

void pk_value_count(struct pk_value *value, const struct pk_counted *before)
{
    struct pk_counted now = pk_counters_read();

    value->counter_enabled = now.enabled - before->enabled;
    value->counter_running = now.running - before->running;
    for (uint32_t place = 0; place < PK_EVENTS_MAX; place++)
        value->counts[place] = now.counts[place] - before->counts[place];
}
