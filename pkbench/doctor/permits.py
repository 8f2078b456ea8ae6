"""What the kernel lets a process have that some cases need."""

import errno
import os
from pathlib import Path

from pkbench.doctor.finding import Finding, rewrite, unread
from pkbench.machine import Machine, read, read_number
from pkbench.system_call import call

MAX_MAP_COUNT = "proc/sys/vm/max_map_count"
DEFAULT_MAP_COUNT = 65_530  # include/linux/mm.h: DEFAULT_MAX_MAP_COUNT
UNPRIVILEGED_USERFAULTFD = "proc/sys/vm/unprivileged_userfaultfd"
IO_URING_DISABLED = "proc/sys/kernel/io_uring_disabled"

# From each architecture's unistd.h
USERFAULTFD = {"x86_64": 323, "aarch64": 282, "riscv64": 282, "ppc64le": 364, "s390x": 355}
IO_URING_SETUP = dict.fromkeys(USERFAULTFD, 425)
USER_MODE_ONLY = 1  # <linux/userfaultfd.h>: UFFD_USER_MODE_ONLY
NOWHERE = 0  # where no parameters are

REFUSED = (errno.EPERM, errno.EACCES)
FILTER = "something else refuses, as a container's filter would: try outside of it"


def max_map_count(_machine: Machine, root: Path) -> Finding:
    """Tell whether a process may have as many mappings as the largest case makes."""
    check = "max_map_count"
    effect = (
        "syscall/mprotect-among is skipped at vmas=60000, which needs 61,000 mappings; pages of "
        "alternating keys are a mapping each: a 2-CPU guest's limit of 65,530 let 65,508 be"
    )
    found = read_number(root, MAX_MAP_COUNT)
    if found is None:
        return unread(check, MAX_MAP_COUNT, effect)
    evidence = f"max_map_count is {found}"
    if found >= DEFAULT_MAP_COUNT:
        return Finding(check, "ok", evidence)
    mend = rewrite({MAX_MAP_COUNT: str(found)}, str(DEFAULT_MAP_COUNT))
    return Finding(check, "warning", evidence, effect, **mend)


def userfaultfd(_machine: Machine, root: Path) -> Finding:
    """Try to have a userfaultfd for faults in user mode, all that the cases ask for."""
    check, effect = "userfaultfd", "cases that track stores by userfaultfd are skipped"
    setting = read(root, UNPRIVILEGED_USERFAULTFD) or "not known"
    evidence = f"vm.unprivileged_userfaultfd is {setting}, userfaultfd(UFFD_USER_MODE_ONLY) "
    try:
        try_userfaultfd()
    except OSError as error:
        # The setting is about faults in kernel mode, since Linux 5.11 brought the flag.
        no_fix = "no setting forbids it since Linux 5.11: " + FILTER
        if error.errno == errno.ENOSYS:
            no_fix = "it needs a kernel with CONFIG_USERFAULTFD"
        elif error.errno == errno.EINVAL:
            no_fix = "it needs Linux 5.11"
        gave = f"{evidence}gave {_name(error)}"
        return Finding(check, "warning", gave, effect, no_fix=no_fix)
    return Finding(check, "ok", f"{evidence}works")


def io_uring(_machine: Machine, root: Path) -> Finding:
    """Try to set an io_uring up."""
    check, effect = "io_uring", "cases that enter the kernel by io_uring are skipped"
    setting = read(root, IO_URING_DISABLED)
    evidence = f"kernel.io_uring_disabled is {setting or 'not known'}, io_uring_setup "
    try:
        try_io_uring()
    except OSError as error:
        mend = {"no_fix": FILTER}
        if error.errno == errno.ENOSYS:
            mend = {"no_fix": "it needs a kernel with CONFIG_IO_URING, and no filter before it"}
        elif error.errno in REFUSED and setting not in (None, "0"):
            mend = rewrite({IO_URING_DISABLED: setting}, "0")
        return Finding(check, "warning", f"{evidence}gave {_name(error)}", effect, **mend)
    return Finding(check, "ok", f"{evidence}is allowed")


def try_userfaultfd() -> None:
    """Have a userfaultfd, and give it back; OSError where that isn't possible."""
    os.close(call(USERFAULTFD, os.O_CLOEXEC | USER_MODE_ONLY))


def try_io_uring() -> None:
    """Ask for a ring without saying which: OSError where even asking is refused."""
    try:
        call(IO_URING_SETUP, 1, NOWHERE)
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, error.strerror or "an error")
