#define _GNU_SOURCE
#include "tap.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

/* The first serial port is the kernel's console. */
#define GUEST_ANSWERS "/dev/ttyS1"

static unsigned answers, failures;

static bool is_first_process(void)
{
    return getpid() == 1;
}

static void mount_on(const char *type, const char *where)
{
    mkdir(where, 0755);
    mount(type, where, type, 0, NULL);
}

static void prepare_guest(void)
{
    struct termios raw;
    int port;

    mount_on("proc", "/proc");
    mount_on("sysfs", "/sys");
    mount_on("devtmpfs", "/dev");
    mount_on("tmpfs", "/dev/shm");
    port = open(GUEST_ANSWERS, O_RDWR | O_NOCTTY);
    if (port < 0 || tcgetattr(port, &raw))
        return;
    cfmakeraw(&raw);
    tcsetattr(port, TCSANOW, &raw);
    dup2(port, STDOUT_FILENO);
}

static void end_guest(void)
{
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_AUTOBOOT);
}

void tap_begin(void)
{
    if (is_first_process())
        prepare_guest();
    setvbuf(stdout, NULL, _IOLBF, 0);
}

void tap_ok(const char *name)
{
    printf("ok %u - %s\n", ++answers, name);
}

void tap_skip(const char *name, const char *reason)
{
    printf("ok %u - %s # SKIP %s\n", ++answers, name, reason);
}

void tap_not_ok(const char *name, const char *reason)
{
    failures++;
    printf("not ok %u - %s # %s\n", ++answers, name, reason);
}

int tap_end(void)
{
    printf("1..%u\n", answers);
    if (is_first_process())
        end_guest();
    return failures != 0;
}
