/* The futex system call: sleep while a word has a certain value, and wake sleepers. */
#pragma once

#include <errno.h>
#include <stdatomic.h>
#include <stddef.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* From linux/futex.h, which a musl toolchain may lack. */
#define PK_FUTEX_WAIT 0
#define PK_FUTEX_WAKE 1
#define PK_FUTEX_PRIVATE 128 /* between threads of one process: saves the kernel a look-up of the page */

/* Sleep while the word has this value, for at most this many seconds; 0 means forever. 0 or -errno; may wake early. */
static inline int pk_futex_wait(atomic_uint *word, unsigned value, int between_processes, long seconds)
{
    struct timespec most = {.tv_sec = seconds};
    int operation = PK_FUTEX_WAIT | (between_processes ? 0 : PK_FUTEX_PRIVATE);

    return syscall(SYS_futex, word, operation, value, seconds ? &most : NULL, NULL, 0) ? -errno : 0;
}

static inline void pk_futex_wake(atomic_uint *word, int sleepers, int between_processes)
{
    syscall(SYS_futex, word, PK_FUTEX_WAKE | (between_processes ? 0 : PK_FUTEX_PRIVATE), sleepers, NULL, NULL, 0);
}
