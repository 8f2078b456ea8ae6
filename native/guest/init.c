/* The first process of a guest that counts instructions: it prepares the machine, runs the list of cases, and says
 * "bye".
 *
 * Its output goes to the second serial port; the first is the kernel's console. Each case runs in a fresh process, so
 * that no case affects another's count, and a crash ends only that case. */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "guest/guest.h"
#include "guest/timer.h"
#include "memory/region.h"

#define ANSWERS "/dev/ttyS1"
#define CASES "/cases"
#define UNIT_SEPARATOR 0x1f
/* In the guest's time, where a second is a thousand million instructions. */
#define SETTLE_SECONDS 30
#define CASE_SECONDS 15
/* Regions in a batch. Counts are exact however many there are, and a small batch takes fewer instructions. */
#define MOST_REGIONS 16
/* Huge pages of 2 MiB: the most that any case asks for. */
#define HUGE_PAGES "16"

static void mount_on(const char *type, const char *where)
{
    mkdir(where, 0755);
    mount(type, where, type, 0, NULL);
}

static void write_setting(const char *path, const char *text)
{
    int file = open(path, O_WRONLY);

    if (file < 0)
        return; /* not every kernel has every setting */
    if (write(file, text, strlen(text)) < 0)
        fprintf(stderr, "%s: %s\n", path, strerror(errno));
    close(file);
}

/* The port must pass bytes unchanged: no echo, no carriage returns. */
static int open_answers(void)
{
    struct termios settings;
    int port = open(ANSWERS, O_RDWR | O_NOCTTY);

    if (port < 0 || tcgetattr(port, &settings))
        return -1;
    cfmakeraw(&settings);
    if (tcsetattr(port, TCSANOW, &settings) || dup2(port, STDOUT_FILENO) < 0)
        return -1;
    close(port);
    setvbuf(stdout, NULL, _IOLBF, 0);
    return 0;
}

/* Nothing may take the CPU from the case: no other process, and not the share that the kernel reserves for other
 * processes. */
static void take_the_cpu(void)
{
    struct sched_param priority = {.sched_priority = 1};

    write_setting("/proc/sys/kernel/sched_rt_runtime_us", "-1");
    write_setting("/sys/kernel/debug/sched/fair_server/cpu0/runtime", "0"); /* Linux 6.12 and later */
    if (sched_setscheduler(0, SCHED_FIFO, &priority))
        printf("problem no real-time priority: %s\n", strerror(errno));
}

/* Print a file's text on one line. Its lines are joined by a character that no such file contains. */
static void show_file(const char *path)
{
    FILE *file = fopen(path, "r");
    int character;

    if (!file)
        return;
    printf("file %s ", path);
    while ((character = getc(file)) != EOF)
        putchar(character == '\n' ? UNIT_SEPARATOR : character);
    putchar('\n');
    fclose(file);
}

static void show_files_in(const char *folder)
{
    DIR *entries = opendir(folder);
    const struct dirent *entry;
    char path[512];

    while (entries && (entry = readdir(entries)))
        if (entry->d_name[0] != '.') {
            snprintf(path, sizeof path, "%s/%s", folder, entry->d_name);
            show_file(path);
        }
    if (entries)
        closedir(entries);
}

static void show_probe(void)
{
    const struct pk_machine *machine = pk_machine_probe();

    printf("compiler %s %s\n", machine->compiler, machine->flags);
    printf("build %s\n", machine->build);
    printf("probe has_pkru=%u cpu_pku=%u os_pke=%u hypervisor=%u initial_pkru=%u alloc_errno=%d keys=%u reason=%s\n",
           machine->has_pkru, machine->cpu_pku, machine->os_pke, machine->hypervisor, machine->initial_pkru,
           machine->alloc_errno, machine->keys, machine->keys_missing ? machine->keys_missing : "");
}

/* The files that pkbench reads on a host, so that it can describe the guest in the same way. */
static void show_machine(void)
{
    show_file("/proc/sys/kernel/osrelease");
    show_file("/proc/version");
    show_file("/proc/meminfo");
    show_file("/proc/cpuinfo");
    show_file("/proc/cmdline");
    show_file("/sys/kernel/mm/transparent_hugepage/enabled");
    show_file("/sys/devices/system/clocksource/clocksource0/current_clocksource");
    show_file("/sys/devices/system/cpu/online");
    show_file("/sys/devices/system/cpu/smt/control");
    show_files_in("/sys/devices/system/cpu/vulnerabilities");
    show_probe();
}

static void sleep_seconds(time_t seconds, long nanoseconds)
{
    struct timespec pause = {.tv_sec = seconds, .tv_nsec = nanoseconds};

    nanosleep(&pause, NULL);
}

/* Execute this program again with the case as its only argument. */
static void become_case(const char *line)
{
    char *const arguments[] = {"pkbench-case", (char *)line, NULL};
    char *const environment[] = {NULL};

    execve("/init", arguments, environment);
    _exit(127);
}

static void say_status(unsigned index, int status)
{
    if (WIFSIGNALED(status))
        printf("failed %u the case was killed by signal %d (%s)\n", index, WTERMSIG(status),
               strsignal(WTERMSIG(status)));
    else if (WEXITSTATUS(status))
        printf("failed %u the case ended with status %d\n", index, WEXITSTATUS(status));
}

/* Wait for the child to end; -1 if it does not end in time. A pending SIGCHLD does not say how many children have
 * ended, so ask waitpid. */
static int wait_for(pid_t child, const sigset_t *children, int *status)
{
    const struct timespec limit = {.tv_sec = CASE_SECONDS};
    pid_t ended;

    while (!(ended = waitpid(child, status, WNOHANG)))
        if (sigtimedwait(children, NULL, &limit) < 0)
            return -1;
    return ended == child ? 0 : -1;
}

static void run_case(unsigned index, const char *line)
{
    sigset_t children;
    int status, late;
    pid_t child;

    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    printf("begin %u\n", index);
    child = fork();
    if (child < 0) {
        printf("failed %u no process: %s\n", index, strerror(errno));
        return;
    }
    if (child == 0) {
        sigprocmask(SIG_UNBLOCK, &children, NULL);
        become_case(line);
    }
    late = wait_for(child, &children, &status);
    timer_release(); /* the case may have ended before it did so itself */
    if (late) {
        kill(child, SIGKILL);
        waitpid(child, &status, 0);
        printf("failed %u not finished after %d thousand million instructions\n", index, CASE_SECONDS);
        return;
    }
    say_status(index, status);
}

/* Reap processes that a case has started and not waited for: the first process inherits them. */
static void bury_orphans(void)
{
    while (waitpid(-1, NULL, WNOHANG) > 0)
        ;
}

static void walk_cases(void)
{
    FILE *cases = fopen(CASES, "r");
    char line[512];
    unsigned index;

    if (!cases) {
        printf("problem no list of cases: %s\n", strerror(errno));
        return;
    }
    while (fgets(line, sizeof line, cases)) {
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%u", &index) != 1)
            continue;
        run_case(index, line);
        bury_orphans();
        sleep_seconds(0,
                      100 * 1000 * 1000); /* lets the kernel free what the case left behind; takes no time while idle */
    }
    fclose(cases);
}

static void prepare_machine(void)
{
    sigset_t children;

    mount_on("devtmpfs", "/dev");
    mount_on("tmpfs", "/dev/shm");
    mount_on("proc", "/proc");
    mount_on("sysfs", "/sys");
    mount_on("debugfs", "/sys/kernel/debug");
    sigemptyset(&children);
    sigaddset(&children, SIGCHLD);
    sigprocmask(SIG_BLOCK, &children, NULL);
}

static int first_process(void)
{
    prepare_machine();
    if (open_answers()) {
        fprintf(stderr, "pkbench: the second serial port cannot be opened: %s\n", strerror(errno));
        reboot(RB_AUTOBOOT);
        return 1;
    }
    printf("pkbench 1\n");
    write_setting("/proc/sys/vm/nr_hugepages", HUGE_PAGES);
    take_the_cpu();
    sleep_seconds(SETTLE_SECONDS, 0);
    show_machine();
    walk_cases();
    printf("bye\n");
    fflush(stdout);
    tcdrain(STDOUT_FILENO);
    reboot(RB_POWER_OFF);
    return 0;
}

static int case_process(const char *line)
{
    struct guest_case asked;

    setvbuf(stdout, NULL, _IOLBF, 0);
    pk_regions_limit(MOST_REGIONS);
    if (guest_parse(line, &asked))
        printf("failed %u no such benchmark in this program: %s\n", (unsigned)atoi(line), line);
    else {
        if (asked.traced)
            guest_show_symbols();
        guest_count(&asked);
    }
    return 0;
}

int main(int argc, char **argv)
{
    return argc > 1 && !strcmp(argv[0], "pkbench-case") ? case_process(argv[1]) : first_process();
}
