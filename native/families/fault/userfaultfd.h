/* Write protection by userfaultfd, and the scan of a page map. These are definitions from <linux/userfaultfd.h> and
 * <linux/fs.h>, which not every C library has. */
#pragma once

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>

#include "benchmark.h"
#include "cpu/pkey.h"

#ifndef SYS_userfaultfd
#if defined(__x86_64__)
#define SYS_userfaultfd 323
#else
#define SYS_userfaultfd 282
#endif
#endif

#define UFFD_USER_MODE_ONLY 1
#define UFFD_API 0xaa
#define UFFD_FEATURE_PAGEFAULT_FLAG_WP (1u << 0)
#define UFFD_FEATURE_SIGBUS (1u << 7)
#define UFFD_FEATURE_WP_UNPOPULATED (1u << 13)
#define UFFD_FEATURE_WP_ASYNC (1u << 15)
#define UFFDIO_REGISTER_MODE_WP 2
#define UFFDIO_WRITEPROTECT_MODE_WP 1

struct uffd_api {
    uint64_t api, features, ioctls;
};

struct uffd_register {
    uint64_t start, length, mode, ioctls;
};

struct uffd_writeprotect {
    uint64_t start, length, mode;
};

#define UFFDIO_API _IOWR(0xaa, 0x3f, struct uffd_api)
#define UFFDIO_REGISTER _IOWR(0xaa, 0x00, struct uffd_register)
#define UFFDIO_WRITEPROTECT _IOWR(0xaa, 0x06, struct uffd_writeprotect)

/* One result of the page-map scan: all pages from `start` to `end` have been written. */
#define PAGE_IS_WRITTEN 2

struct written {
    uint64_t start, end, categories;
};

struct pagemap_scan {
    uint64_t size, flags, start, end, walk_end, vector, vector_length, most_pages, inverted, mask, any_of, returned;
};

#define PAGEMAP_SCAN _IOWR('f', 16, struct pagemap_scan)

static inline int write_protect(int uffd, uint64_t start, uint64_t length, uint64_t mode)
{
    struct uffd_writeprotect range = {.start = start, .length = length, .mode = mode};

    return (int)pk_syscall4(SYS_ioctl, uffd, (long)UFFDIO_WRITEPROTECT, (long)&range, 0);
}

/* Any user may create a userfaultfd that ignores faults in the kernel. Linux before 5.11 does not know that flag. */
static inline int create_userfaultfd(void)
{
    int uffd = (int)pk_syscall4(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY, 0, 0, 0);

    return uffd == -EINVAL ? (int)pk_syscall4(SYS_userfaultfd, O_CLOEXEC, 0, 0, 0) : uffd;
}

/* Open a userfaultfd with these features. A descriptor or -errno. */
static inline int open_userfaultfd(uint64_t features)
{
    struct uffd_api api = {.api = UFFD_API, .features = features};
    int uffd = create_userfaultfd();
    int status = uffd < 0 ? uffd : (int)pk_syscall4(SYS_ioctl, uffd, (long)UFFDIO_API, (long)&api, 0);

    if (uffd >= 0 && status)
        close(uffd);
    return status ? status : uffd;
}

static inline int support_userfaultfd(uint64_t features, const char *what)
{
    int uffd = open_userfaultfd(features);

    if (uffd >= 0) {
        close(uffd);
        return 0;
    }
    if (uffd == -ENOSYS)
        return pk_skip("the kernel has no userfaultfd");
    if (uffd == -EINVAL)
        return pk_skip("the kernel's userfaultfd cannot %s", what);
    return pk_skip("userfaultfd is refused: %s", strerror(-uffd));
}
