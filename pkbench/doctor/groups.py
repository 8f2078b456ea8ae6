"""The control groups that this process is in."""

import re
from pathlib import Path, PurePosixPath

from pkbench.doctor.finding import NOT_KNOWN, Finding, exists, rewrite, unread
from pkbench.machine import CPU, Machine, cpu_list, read

OWN = "proc/self/cgroup"
MOUNTED = "sys/fs/cgroup"


def quota(_machine: Machine, root: Path) -> Finding:
    """Tell whether CPU time is rationed."""
    effect = (
        "once the quota of a period is used up, all threads stand still until the next one "
        "(Documentation/scheduler/sched-bwc.rst): milliseconds in the middle of what is timed"
    )
    folders = _folders(root, "cpu")
    if not folders:
        return Finding("quota", "unknown", f"no group under /{MOUNTED}", effect, no_fix=NOT_KNOWN)
    for name, none in (("cpu.max", "max"), ("cpu.cfs_quota_us", "-1")):
        texts = {f"{folder}/{name}": read(root, f"{folder}/{name}") for folder in folders}
        limits = {path: text for path, text in texts.items() if text and text.split()[0] != none}
        if limits:
            read_out = "; ".join(f"/{path} is {text}" for path, text in limits.items())
            times = sum(_throttled(root, str(PurePosixPath(path).parent)) for path in limits)
            return Finding(
                "quota",
                "problem" if times else "warning",
                f"{read_out}; throttled {times} times",
                effect,
                **rewrite(limits, none),
            )
    return Finding("quota", "ok", f"none (groups under /{MOUNTED}: {len(folders)})")


def cpuset(_machine: Machine, root: Path) -> Finding:
    """Tell whether the group has all CPUs."""
    effect = (
        "threads that find no CPU of their own take turns, and one that isn't running gets no "
        "flush: on a 2-CPU guest an mprotect took 1 µs or 15 to 20 µs, as the other thread's CPU "
        "ran or not"
    )
    folders = _folders(root, "cpuset")
    online = read(root, f"{CPU}/online")
    if not folders:
        return Finding("cpuset", "unknown", f"no group under /{MOUNTED}", effect, no_fix=NOT_KNOWN)
    if online is None:
        return unread("cpuset", f"{CPU}/online", effect)
    names = ("cpuset.cpus.effective", "cpuset.effective_cpus", "cpuset.cpus")
    texts = (text for folder in folders for n in names if (text := read(root, f"{folder}/{n}")))
    mine = next(texts, None)
    if mine is None or cpu_list(online) <= cpu_list(mine):
        return Finding("cpuset", "ok", f"no CPU of {online} is kept away")
    evidence = f"the group has CPUs {mine} of {online}"
    narrow = {f"{folder}/cpuset.cpus": read(root, f"{folder}/cpuset.cpus") for folder in folders}
    found = {path: text for path, text in narrow.items() if text}
    # A group of version 2 without CPUs of its own has its parent's; version 1 knows no such thing.
    second = [path.replace("cpuset.cpus", "cgroup.controllers") for path in found]
    if found and all(exists(root, path) for path in second):
        return Finding("cpuset", "warning", evidence, effect, **rewrite(found, ""))
    no_fix = "start it in another group: this one's owner chose these CPUs"
    return Finding("cpuset", "warning", evidence, effect, no_fix=no_fix)


def _folders(root: Path, controller: str) -> list[str]:
    """Return the folders of this process's group and of those above, for one controller."""
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
    """Return which folders exist from a group up to its mount; a container may see only that."""
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
