"""The kernel's tracepoints, reached in a mount namespace that nobody else sees.

`python tracefs.py ids NAME…` prints their numbers; `… exec COMMAND…` runs one where they can be
found.
"""

# A profile starts this twice a case: what costs more than the interpreter itself is left out.
from __future__ import annotations

import ctypes
import os
import sys

TRACEFS = "/sys/kernel/tracing"
NEW_NAMESPACE = 0x00020000  # <linux/sched.h>: CLONE_NEWNS
RECURSIVE_PRIVATE = 0x4000 | 1 << 18  # <linux/mount.h>: MS_REC | MS_PRIVATE
END_WITH_PARENT, KILL = 1, 9  # PR_SET_PDEATHSIG


def enter(tracefs: str = TRACEFS) -> str:
    """Make the tracepoints readable to this process alone; return why they aren't, or ""."""
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
            return f"{name}: {error}: tracepoints can't be reached; run it as root"
    if not os.access(f"{tracefs}/events", os.R_OK):
        return "tracefs has no events: the kernel was built without tracepoints"
    return ""


def numbers(names: list[str], tracefs: str = TRACEFS) -> dict[str, int]:
    """Return the number of each tracepoint that this kernel has."""
    found = {}
    for name in names:
        try:
            with open(f"{tracefs}/events/{name.replace(':', '/')}/id") as file:  # noqa: PTH123
                found[name] = int(file.read())
        except (OSError, ValueError):
            continue
    return found


def main() -> None:
    """Do what the first word says."""
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
