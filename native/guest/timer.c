#define _GNU_SOURCE
#include "guest/timer.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

/* Intel SDM vol. 3A, table "Local APIC Register Address Map". */
#define PAGE_BYTES 4096
#define CONTROLLER 0xfee00000
#define TIMER_ENTRY 0x320
#define PERIODIC (1u << 17)
#define INITIAL_COUNT 0x380

static volatile uint8_t *controller;

static volatile uint32_t *reg(unsigned offset)
{
    return (volatile uint32_t *)(controller + offset);
}

/* Map the controller's registers, once. /dev/mem has them if the kernel was started with iomem=relaxed. A child that
 * a case starts does not inherit them: copying the mapping would lengthen its fork. */
static void *map_controller(void)
{
    int memory = open("/dev/mem", O_RDWR | O_SYNC | O_CLOEXEC);
    void *mapped;

    if (memory < 0)
        return NULL;
    mapped = mmap(NULL, PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, memory, CONTROLLER);
    close(memory);
    if (mapped == MAP_FAILED)
        return NULL;
    madvise(mapped, PAGE_BYTES, MADV_DONTFORK);
    return mapped;
}

/* A kernel with timers of high resolution sets the next interrupt each time. One that was set to interrupt
 * periodically is left alone. If other instructions reach the controller (x2APIC), all bits read as 1. */
static int can_set(void)
{
    static int tried;

    if (!tried)
        controller = map_controller();
    tried = 1;
    return controller && !(*reg(TIMER_ENTRY) & PERIODIC);
}

void timer_hold(void)
{
    if (can_set())
        *reg(INITIAL_COUNT) = UINT32_MAX;
}

void timer_release(void)
{
    if (can_set())
        *reg(INITIAL_COUNT) = 1;
}
