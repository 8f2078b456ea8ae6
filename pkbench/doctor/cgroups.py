"""Checks of this process's control groups: CPU quota and CPU set."""

import re
from pathlib import Path, PurePosixPath

from pkbench.doctor.finding import NOT_KNOWN, Finding, exists, rewrite, unread
from pkbench.machine import CPU, Machine, cpu_list, read

OWN = "proc/self/cgroup"
MOUNTED = "sys/fs/cgroup"


def quota(_machine: Machine, root: Path) -> Finding:
    """Check that no control group limits CPU time."""
    effect = (
        "when a period's quota is used up, all threads stop until the next period, for "
        "milliseconds in the middle of a timing (Documentation/scheduler/sched-bwc.rst)"
    )
    folders = _folders(root, "cpu")
    if not folders:
        return Finding(
            "quota", "unknown", f"no control group found under /{MOUNTED}", effect, no_fix=NOT_KNOWN
        )
    for name, none in (("cpu.max", "max"), ("cpu.cfs_quota_us", "-1")):
        texts = {f"{folder}/{name}": read(root, f"{folder}/{name}") for folder in folders}
        limits = {path: text for path, text in texts.items() if text and text.split()[0] != none}
        if limits:
            listed = "; ".join(f"/{path} is {text}" for path, text in limits.items())
            times = sum(_throttled(root, str(PurePosixPath(path).parent)) for path in limits)
            return Finding(
                "quota",
                "problem" if times else "warning",
                f"{listed}; throttled {times} times",
                effect,
                **rewrite(limits, none),
            )
    return Finding("quota", "ok", f"no limit in {len(folders)} control groups under /{MOUNTED}")


def cpuset(_machine: Machine, root: Path) -> Finding:
    """Check that the control group has all CPUs."""
    effect = (
        "threads without a CPU of their own take turns, and one that does not run needs no TLB "
        "flush; on a 2-CPU guest an mprotect took 1 µs or 15 to 20 µs, depending on whether the "
        "other thread's CPU was running"
    )
    folders = _folders(root, "cpuset")
    online = read(root, f"{CPU}/online")
    if not folders:
        return Finding(
            "cpuset",
            "unknown",
            f"no control group found under /{MOUNTED}",
            effect,
            no_fix=NOT_KNOWN,
        )
    if online is None:
        return unread("cpuset", f"{CPU}/online", effect)
    names = ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus")
    texts = (text for folder in folders for n in names if (text := read(root, f"{folder}/{n}")))
    mine = next(texts, None)
    if mine is None or cpu_list(online) <= cpu_list(mine):
        return Finding("cpuset", "ok", f"all online CPUs ({online}) may be used")
    evidence = f"the control group has CPUs {mine} of {online}"
    narrow = {f"{folder}/cpuset.cpus": read(root, f"{folder}/cpuset.cpus") for folder in folders}
    found = {path: text for path, text in narrow.items() if text}
    # In version 2, a group with an empty list inherits its parent's CPUs; not so in version 1.
    second = [path.replace("cpuset.cpus", "cgroup.controllers") for path in found]
    if found and all(exists(root, path) for path in second):
        return Finding("cpuset", "warning", evidence, effect, **rewrite(found, ""))
    no_fix = "the group's owner chose these CPUs; start pkbench in another control group"
    return Finding("cpuset", "warning", evidence, effect, no_fix=no_fix)


def _folders(root: Path, controller: str) -> list[str]:
    """Return the folders of this process's group and its parents, for one controller."""
    lines = (line.split(":", 2) for line in (read(root, OWN) or "").splitlines())
    groups = {row[1]: PurePosixPath(row[2].lstrip("/")) for row in lines if len(row) == 3}
    for controllers, group in groups.items():
        if controller in controllers.split(","):
            bases = [f"{MOUNTED}/{controllers}", f"{MOUNTED}/{controller}"]
            return _existing(root, bases, group)
    if "" in groups:
        return _existing(root, [f"{MOUNTED}/unified", MOUNTED], groups[""])
    return []


def _existing(root: Path, bases: list[str], group: PurePosixPath) -> list[str]:
    """Return the folders that exist from a group up to its mount; a container may see no more."""
    base = next((PurePosixPath(base) for base in bases if exists(root, base)), None)
    if base is None:
        return []
    inside = [] if ".." in group.parts else [group, *group.parents]
    folders = dict.fromkeys(str(base / each) for each in (*inside, PurePosixPath()))
    return [folder for folder in folders if exists(root, folder)]


def _throttled(root: Path, folder: str) -> int:
    found = re.search(
        r"^nr_throttled ([0-9]+)$", read(root, f"{folder}/cpu.stat") or "", re.MULTILINE
    )
    return int(found[1]) if found else 0
