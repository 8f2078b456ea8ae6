/* Ends a process with its parent, however the parent ends. */
#include <signal.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "benchmark.h"

void pk_end_with_parent(int parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent)
        _exit(1);
}
