"""Checks of permissions: what the kernel must allow for some cases to run."""

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
NULL = 0  # an invalid address for the parameters

REFUSED = (errno.EPERM, errno.EACCES)
FILTER = "something else forbids it, such as a container's filter; try outside the container"


def max_map_count(_machine: Machine, root: Path) -> Finding:
    """Check that a process may have as many mappings as the largest case makes."""
    check = "max_map_count"
    effect = (
        "syscall/mprotect-among at vmas=60000 needs 61,000 mappings and is skipped; pages with "
        "alternating keys need a mapping each (a 2-CPU guest's limit of 65,530 allowed 65,508)"
    )
    found = read_number(root, MAX_MAP_COUNT)
    if found is None:
        return unread(check, MAX_MAP_COUNT, effect)
    evidence = f"max_map_count is {found}"
    if found >= DEFAULT_MAP_COUNT:
        return Finding(check, "ok", evidence)
    change = rewrite({MAX_MAP_COUNT: str(found)}, str(DEFAULT_MAP_COUNT))
    return Finding(check, "warning", evidence, effect, **change)


def userfaultfd(_machine: Machine, root: Path) -> Finding:
    """Try to open a userfaultfd for faults in user mode; the cases need no more."""
    check, effect = "userfaultfd", "cases that track stores with userfaultfd are skipped"
    setting = read(root, UNPRIVILEGED_USERFAULTFD) or "not known"
    evidence = f"vm.unprivileged_userfaultfd is {setting}, userfaultfd(UFFD_USER_MODE_ONLY) "
    try:
        try_userfaultfd()
    except OSError as error:
        # Since Linux 5.11 added the flag, the setting only restricts faults in kernel mode.
        no_fix = "since Linux 5.11 no setting forbids it: " + FILTER
        if error.errno == errno.ENOSYS:
            no_fix = "use a kernel with CONFIG_USERFAULTFD"
        elif error.errno == errno.EINVAL:
            no_fix = "use Linux 5.11 or newer"
        failed = f"{evidence}failed with {_name(error)}"
        return Finding(check, "warning", failed, effect, no_fix=no_fix)
    return Finding(check, "ok", f"{evidence}works")


def io_uring(_machine: Machine, root: Path) -> Finding:
    """Try to set up an io_uring."""
    check, effect = "io_uring", "cases that enter the kernel through io_uring are skipped"
    setting = read(root, IO_URING_DISABLED)
    evidence = f"kernel.io_uring_disabled is {setting or 'not known'}, io_uring_setup "
    try:
        try_io_uring()
    except OSError as error:
        change = {"no_fix": FILTER}
        if error.errno == errno.ENOSYS:
            change = {"no_fix": "use a kernel with CONFIG_IO_URING, outside a container's filter"}
        elif error.errno in REFUSED and setting not in (None, "0"):
            change = rewrite({IO_URING_DISABLED: setting}, "0")
        return Finding(check, "warning", f"{evidence}failed with {_name(error)}", effect, **change)
    return Finding(check, "ok", f"{evidence}is allowed")


def try_userfaultfd() -> None:
    """Open a userfaultfd and close it; raise OSError if that fails."""
    os.close(call(USERFAULTFD, os.O_CLOEXEC | USER_MODE_ONLY))


def try_io_uring() -> None:
    """Call io_uring_setup with an invalid address; raise OSError unless that is the only error."""
    try:
        call(IO_URING_SETUP, 1, NULL)
    except OSError as error:
        if error.errno != errno.EFAULT:
            raise


def _name(error: OSError) -> str:
    return errno.errorcode.get(error.errno or 0, error.strerror or "an unknown error")
