"""What changes a process's pages behind its back, or keeps it from having them."""

import re
import shlex
from pathlib import Path
from typing import NamedTuple

from pkbench.doctor.finding import Finding, lacks, rewrite, unread
from pkbench.machine import Machine, read, read_number

THP = "sys/kernel/mm/transparent_hugepage/enabled"
NUMA_BALANCING = "proc/sys/kernel/numa_balancing"
KSM = "sys/kernel/mm/ksm/run"
SWAPS = "proc/swaps"
HUGETLB = "sys/kernel/mm/hugepages/hugepages-2048kB"
HUGETLB_COUNTS = ("nr", "free", "resv")
HUGETLB_PAGES = 64  # 128 MiB: several regions of 32 MiB


def thp(machine: Machine, _root: Path) -> Finding:
    """Tell whether memory may turn into huge pages unasked."""
    effect = (
        "memory that didn't ask gets huge pages, and they are cheap to protect: on a 2-CPU guest "
        "790 ns for 2 MiB as one huge page, 17 to 20 µs for 4 MiB of small ones"
    )
    if machine.thp is None:
        return unread("thp", THP, effect)
    if machine.thp == "never":
        skipped = "cases of transparent huge pages are skipped"
        mend = rewrite({THP: machine.thp}, "madvise")
        return Finding("thp", "warning", machine.thp, skipped, **mend)
    if machine.thp != "always":
        return Finding("thp", "ok", machine.thp)
    return Finding("thp", "warning", machine.thp, effect, **rewrite({THP: machine.thp}, "madvise"))


def numa_balancing(_machine: Machine, root: Path) -> Finding:
    """Tell whether the kernel takes pages' rights away to see who touches them."""
    check = "numa_balancing"
    effect = (
        "pages lose their rights from time to time so that a touch faults and tells where it came "
        "from (Documentation/admin-guide/sysctl/kernel.rst): faults that no case made, and "
        "page-table entries that mprotect treats otherwise"
    )
    found = read_number(root, NUMA_BALANCING)
    if lacks(root, NUMA_BALANCING):
        return Finding(check, "ok", "the kernel has none")
    if found is None:
        return unread(check, NUMA_BALANCING, effect)
    evidence = f"numa_balancing is {found}"
    if found == 0:
        return Finding(check, "ok", evidence)
    mend = rewrite({NUMA_BALANCING: str(found)}, "0")
    return Finding(check, "warning", evidence, effect, **mend)


def ksm(_machine: Machine, root: Path) -> Finding:
    """Tell whether the kernel merges pages of equal content."""
    effect = (
        "ksmd scans memory on some CPU, and pages that it merged are write-protected: the next "
        "store copies (Documentation/admin-guide/mm/ksm.rst)"
    )
    found = read_number(root, KSM)
    if lacks(root, KSM):
        return Finding("ksm", "ok", "the kernel has none")
    if found is None:
        return unread("ksm", KSM, effect)
    shared = read_number(root, KSM.replace("run", "pages_sharing"))
    evidence = f"run is {found}, pages_sharing is {'not known' if shared is None else shared}"
    if found != 1:  # 2 stops it too, and parts what was merged
        return Finding("ksm", "ok", evidence)
    return Finding("ksm", "warning", evidence, effect, **rewrite({KSM: str(found)}, "0"))


class Area(NamedTuple):
    """Where the kernel may swap to."""

    path: str
    used_kib: int
    priority: int

    @property
    def back(self) -> str:
        """Return the command that swaps there again; below 0 the kernel chose the priority."""
        given = f"-p {self.priority} " if self.priority >= 0 else ""
        return f"swapon {given}{shlex.quote(self.path)}"


def swap(_machine: Machine, root: Path) -> Finding:
    """Tell whether pages are swapped out."""
    effect = (
        "a page that is swapped out has no mapping to change: its mprotect is another one, and the "
        "next touch waits for a disk; cases prove their pages resident before and after only"
    )
    if read(root, SWAPS) is None:
        return unread("swap", SWAPS, effect)
    areas = _areas(root)
    used = sum(area.used_kib for area in areas)
    evidence = f"areas: {len(areas)}, used: {used} KiB" if areas else "no swap"
    if used == 0:
        return Finding("swap", "ok", evidence)
    off = " && ".join(f"swapoff {shlex.quote(area.path)}" for area in areas)
    on = " && ".join(area.back for area in areas)
    return Finding("swap", "warning", evidence, effect, fix=off, undo=on)


def _areas(root: Path) -> list[Area]:
    r"""Read /proc/swaps, which writes a blank in a name as \040."""
    rows = (line.split() for line in (read(root, SWAPS) or "").splitlines()[1:])
    return [
        Area(re.sub(r"\\([0-7]{3})", lambda o: chr(int(o[1], 8)), row[0]), int(row[3]), int(row[4]))
        for row in rows
        if len(row) == 5 and row[0].startswith("/")
    ]


def hugetlb(machine: Machine, root: Path) -> Finding:
    """Tell whether huge pages are reserved for those who ask for them."""
    effect = "cases of reserved huge pages are skipped, each saying how many pages it needs"
    if lacks(root, HUGETLB):
        no_fix = "it needs a kernel with CONFIG_HUGETLBFS, and a CPU with pages of 2 MiB"
        return Finding(
            "hugetlb", "warning", "no reserved pages of 2 MiB exist here", effect, no_fix=no_fix
        )
    found = {name: read_number(root, f"{HUGETLB}/{name}_hugepages") for name in HUGETLB_COUNTS}
    total, free, promised = (found[name] for name in HUGETLB_COUNTS)
    if total is None or free is None or promised is None:
        return unread("hugetlb", HUGETLB, effect)
    unused = free - promised
    evidence = f"{total} pages of 2 MiB are reserved, {unused} of them unused"
    if unused >= HUGETLB_PAGES:
        return Finding("hugetlb", "ok", evidence)
    missing = HUGETLB_PAGES - unused
    if missing * 2**21 > (machine.memory_bytes or 0) / 8:
        no_fix = f"{missing} pages more are above an eighth of this machine's memory"
        return Finding("hugetlb", "warning", evidence, effect, no_fix=no_fix)
    mend = rewrite({f"{HUGETLB}/nr_hugepages": str(total)}, str(total + missing))
    return Finding("hugetlb", "warning", evidence, effect, **mend)
