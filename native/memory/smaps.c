#define _GNU_SOURCE
#include "memory/smaps.h"

#include <errno.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>

#include "reason.h"

static bool read_header(const char *line, struct pk_vma *vma)
{
    *vma = (struct pk_vma){0};
    return sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s %*s %*s %*s %63[^\n]", &vma->start, &vma->end, vma->permissions,
                  vma->path) >= 3;
}

static void read_line(const char *line, struct pk_vma *vma)
{
    uint64_t more;

    sscanf(line, "Rss: %" SCNu64, &vma->resident);
    if (sscanf(line, "Shared_Clean: %" SCNu64, &more) == 1 || sscanf(line, "Private_Clean: %" SCNu64, &more) == 1)
        vma->clean += more;
    if (sscanf(line, "Shared_Dirty: %" SCNu64, &more) == 1 || sscanf(line, "Private_Dirty: %" SCNu64, &more) == 1)
        vma->dirty += more;
    if (sscanf(line, "Shared_Hugetlb: %" SCNu64, &more) == 1 || sscanf(line, "Private_Hugetlb: %" SCNu64, &more) == 1)
        vma->hugetlb += more;
    sscanf(line, "AnonHugePages: %" SCNu64, &vma->anonymous_huge);
    sscanf(line, "ShmemPmdMapped: %" SCNu64, &vma->shared_huge);
    sscanf(line, "KernelPageSize: %" SCNu64, &vma->page);
    sscanf(line, "ProtectionKey: %d", &vma->pkey);
}

int pk_vmas_between(const void *from, const void *to, int (*visit)(const struct pk_vma *vma, void *context),
                    void *context)
{
    FILE *smaps = fopen("/proc/self/smaps", "re");
    struct pk_vma vma = {0}, next;
    size_t size = 0;
    char *line = NULL;
    bool inside = false, more = true;
    int status = 0;

    if (!smaps)
        return pk_error(errno, "/proc/self/smaps");
    while (more && !status) {
        more = getline(&line, &size, smaps) > 0;
        /* A header line starts the next VMA: the previous one is complete. */
        if (!more || read_header(line, &next)) {
            if (inside)
                status = visit(&vma, context);
            vma = next;
            inside = more && vma.start < (uintptr_t)to && (uintptr_t)from < vma.end;
        } else if (inside) {
            read_line(line, &vma);
        }
    }
    free(line);
    fclose(smaps);
    return status;
}
