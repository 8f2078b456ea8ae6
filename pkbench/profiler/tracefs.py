"""Access the kernel's tracepoints from a mount namespace of our own.

`python tracefs.py ids NAME…` prints the numbers of tracepoints. `python tracefs.py exec COMMAND…`
runs a command that can access them.
"""

# A profile starts this twice a case: nothing is imported that costs more than the interpreter.
from __future__ import annotations

import ctypes
import os
import sys

TRACEFS = "/sys/kernel/tracing"
NEW_NAMESPACE = 0x00020000  # <linux/sched.h>: CLONE_NEWNS
RECURSIVE_PRIVATE = 0x4000 | 1 << 18  # <linux/mount.h>: MS_REC | MS_PRIVATE
END_WITH_PARENT, KILL = 1, 9  # PR_SET_PDEATHSIG


def enter(tracefs: str = TRACEFS) -> str:
    """Make tracefs readable to this process alone; return "", or why that isn't possible."""
    if os.access(f"{tracefs}/events", os.R_OK):
        return ""
    libc = ctypes.CDLL(None, use_errno=True)
    steps = (
        ("unshare", libc.unshare, (NEW_NAMESPACE,)),
        ("keep mounts private", libc.mount, (b"none", b"/", None, RECURSIVE_PRIVATE, None)),
        ("mount tracefs", libc.mount, (b"tracefs", tracefs.encode(), b"tracefs", 0, None)),
    )
    for name, step, arguments in steps:
        if step(*arguments):
            error = os.strerror(ctypes.get_errno())
            return f"{name}: {error}: tracepoints can't be accessed: run pkbench as root"
    if not os.access(f"{tracefs}/events", os.R_OK):
        return "tracefs has no events: the kernel was built without tracepoints"
    return ""


def numbers(names: list[str], tracefs: str = TRACEFS) -> dict[str, int]:
    """Return the numbers of those tracepoints that this kernel has, by name."""
    found = {}
    for name in names:
        try:
            with open(f"{tracefs}/events/{name.replace(':', '/')}/id") as file:  # noqa: PTH123
                found[name] = int(file.read())
        except (OSError, ValueError):
            continue
    return found


def main() -> None:
    """Do what the first argument says."""
    ctypes.CDLL(None).prctl(END_WITH_PARENT, KILL)
    reason = enter()
    what, *rest = sys.argv[1:]
    if what == "exec":
        try:
            os.execvp(rest[0], rest)  # noqa: S606 - no shell is wanted
        except OSError as error:
            sys.exit(f"{rest[0]}: {error.strerror}")
    import json  # noqa: PLC0415

    found = {} if reason else numbers(rest)
    sys.stdout.write(json.dumps({"reason": reason, "numbers": found}))


if __name__ == "__main__":
    main()
