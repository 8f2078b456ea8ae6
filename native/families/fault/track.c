/* Finding out which pages of a region are written: by a key, by mprotect, by userfaultfd. One operation arms the
 * tracking, stores into every page, and collects what was written. */
#define _GNU_SOURCE
#include "tracking.h"

static void open_region(int signal, siginfo_t *info, void *context)
{
    if (note(signal, info, context, true))
        frame_allow_key(context, current->domain.key.number);
}

static void open_page(int signal, siginfo_t *info, void *context)
{
    const struct written *written = note(signal, info, context, false);

    if (written)
        pk_mprotect((void *)(uintptr_t)written->start, current->page, PROT_READ | PROT_WRITE);
}

static void open_page_by_userfaultfd(int signal, siginfo_t *info, void *context)
{
    const struct written *written = note(signal, info, context, false);

    if (written)
        write_protect(current->uffd, written->start, current->page, 0);
}

#define SIGBUS_FEATURES (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_SIGBUS)
#define ASYNC_FEATURES (UFFD_FEATURE_PAGEFAULT_FLAG_WP | UFFD_FEATURE_WP_UNPOPULATED | UFFD_FEATURE_WP_ASYNC)

static int support_sigbus(const int64_t *point)
{
    (void)point;
    return support_userfaultfd(SIGBUS_FEATURES, "write-protect pages: Linux 5.7 on x86-64 can");
}

static int support_async(const int64_t *point)
{
    (void)point;
    return support_userfaultfd(ASYNC_FEATURES, "note stores by itself: Linux 6.7 can");
}

static int set_up_log(struct track *track, const int64_t *point)
{
    track->page = pk_page_size();
    track->stride = 1;
    track->log = calloc((size_t)point[0], sizeof *track->log);
    current = track;
    return track->log ? 0 : pk_error(ENOMEM, "allocate the log");
}

static int setup_key(void *state, const int64_t *point)
{
    struct track *track = state;
    int status = set_up_log(track, point);

    if (!status)
        status = pk_domain_map(&track->domain, (size_t)point[0], PKEY_DISABLE_WRITE);
    return status ? status : handler_install(&track->handler, SIGSEGV, 0, open_region);
}

static int setup_mprotect(void *state, const int64_t *point)
{
    struct track *track = state;
    int status = set_up_log(track, point);

    if (!status)
        status = pk_region_map(&track->domain.region, (size_t)point[0]);
    return status ? status : handler_install(&track->handler, SIGSEGV, 0, open_page);
}

static int set_up_userfaultfd(struct track *track, const int64_t *point, uint64_t features)
{
    struct uffd_register range = {.mode = UFFDIO_REGISTER_MODE_WP};
    int status = set_up_log(track, point);

    if (!status)
        status = pk_region_map(&track->domain.region, (size_t)point[0]);
    if (status)
        return status;
    status = open_userfaultfd(features);
    if (status < 0)
        return pk_error(-status, "userfaultfd");
    track->uffd = status;
    range.start = (uintptr_t)track->domain.region.base;
    range.length = pk_region_length(&track->domain.region);
    status = (int)pk_syscall4(SYS_ioctl, track->uffd, (long)UFFDIO_REGISTER, (long)&range, 0);
    return status ? pk_error(-status, "register a region with userfaultfd") : 0;
}

static int setup_sigbus(void *state, const int64_t *point)
{
    struct track *track = state;
    int status = set_up_userfaultfd(track, point, SIGBUS_FEATURES);

    return status ? status : handler_install(&track->handler, SIGBUS, 0, open_page_by_userfaultfd);
}

static int setup_async(void *state, const int64_t *point)
{
    struct track *track = state;
    int status = set_up_userfaultfd(track, point, ASYNC_FEATURES);

    if (status)
        return status;
    track->pagemap = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);
    return track->pagemap < 0 ? pk_error(errno, "open /proc/self/pagemap") : 0;
}

static void teardown(void *state)
{
    struct track *track = state;

    handler_remove(&track->handler);
    current = NULL;
    if (track->pagemap > 0)
        close(track->pagemap);
    if (track->uffd > 0)
        close(track->uffd);
    pk_domain_unmap(&track->domain);
    free(track->log);
}

/* Arm the tracking: no page counts as written. */
static int arm_key(struct track *track)
{
    track->logged = 0;
    pk_wrpkru(track->domain.key.closed);
    return 0;
}

static int arm_mprotect(struct track *track)
{
    track->logged = 0;
    return pk_mprotect(track->domain.region.base, track->domain.region.pages * track->page, PROT_READ);
}

static int arm_userfaultfd(struct track *track)
{
    track->logged = 0;
    return write_protect(track->uffd, (uintptr_t)track->domain.region.base, track->domain.region.pages * track->page,
                         UFFDIO_WRITEPROTECT_MODE_WP);
}

/* Not inlined, so that its loop is the same in all benchmarks. */
static __attribute__((noinline)) void store(const struct track *track)
{
    size_t step = track->stride * track->page;
    char *end = track->domain.region.base + track->domain.region.pages * track->page;

    for (char *page = track->domain.region.base; page < end; page += step)
        frame_store(page);
}

/* The handlers have filled the log. */
static int collect_logged(struct track *track)
{
    return track->logged && !track->lost ? 0 : EIO;
}

/* The kernel has noted the stores: ask it. */
static int collect_scanned(struct track *track)
{
    const struct pk_region *region = &track->domain.region;
    struct pagemap_scan scan = {
        .size = sizeof scan,
        .start = (uintptr_t)region->base,
        .end = (uintptr_t)region->base + region->pages * track->page,
        .vector = (uintptr_t)track->log,
        .vector_length = region->pages,
        .mask = PAGE_IS_WRITTEN,
        .returned = PAGE_IS_WRITTEN,
    };
    long found = pk_syscall4(SYS_ioctl, track->pagemap, (long)PAGEMAP_SCAN, (long)&scan, 0);

    track->logged = found < 0 ? 0 : (size_t)found;
    return collect_logged(track);
}

#define TRACK(identifier, text, arm, collect, what_needs, sentence, ...)                                        \
    static int run_##identifier(void *state, uint64_t loops)                                                    \
    {                                                                                                           \
        struct track *track = state;                                                                            \
        int status = 0;                                                                                         \
                                                                                                                \
        PK_REPEAT(loops) {                                                                                      \
            status |= arm(track);                                                                               \
            store(track);                                                                                       \
            status |= collect(track);                                                                           \
        }                                                                                                       \
        return status;                                                                                          \
    }                                                                                                           \
    static int verify_##identifier(void *state)                                                                 \
    {                                                                                                           \
        return prove(state, run_##identifier);                                                                  \
    }                                                                                                           \
    PK_BENCHMARK(identifier) = {.family = "fault",                                                              \
                                .name = text,                                                                   \
                                .group = "track",                                                               \
                                .needs = what_needs,                                                            \
                                .operation = sentence,                                                          \
                                .axes = {{.name = "pages",                                                      \
                                          .meaning = "resident 4 KiB pages in the region; each is stored into", \
                                          .points = "1,16,64",                                                  \
                                          .quick = "16",                                                        \
                                          .more = "256,1024"}},                                                 \
                                .state_size = sizeof(struct track),                                             \
                                .memory = memory,                                                               \
                                .setup = setup_##identifier,                                                    \
                                .run = run_##identifier,                                                        \
                                .verify = verify_##identifier,                                                  \
                                .teardown = teardown,                                                           \
                                __VA_ARGS__};

TRACK(
    key, "track-key", arm_key, collect_logged, PK_NEEDS_KEYS,
    "close a region's key and store into every page; the first store faults and opens the key; this shows whether the "
    "region was written, not where")
TRACK(mprotect, "track-mprotect", arm_mprotect, collect_logged, 0,
      "make a region read-only and store into every page; each store faults and makes its page writable; this shows "
      "which "
      "pages were written")
TRACK(sigbus, "track-userfaultfd", arm_userfaultfd, collect_logged, 0,
      "write-protect a region by userfaultfd and store into every page; each store faults with SIGBUS and makes its "
      "page writable; this shows which pages were written",
      .support = support_sigbus)
TRACK(async, "track-userfaultfd-async", arm_userfaultfd, collect_scanned, 0,
      "write-protect a region by userfaultfd and store into every page; the kernel notes each store itself; then scan "
      "the page map; this shows which pages were written",
      .support = support_async)
