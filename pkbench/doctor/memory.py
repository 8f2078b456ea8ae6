"""Checks of memory: what the kernel does to pages unasked, and which pages it can give."""

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
    """Check that only memory that asks for huge pages gets them."""
    effect = (
        "memory gets huge pages without asking, and these are faster to protect; on a 2-CPU guest "
        "2 MiB took 790 ns as one huge page, and 4 MiB of small pages took 17 to 20 µs"
    )
    if machine.thp is None:
        return unread("thp", THP, effect)
    if machine.thp == "never":
        skipped = "cases with transparent huge pages are skipped"
        change = rewrite({THP: machine.thp}, "madvise")
        return Finding("thp", "warning", machine.thp, skipped, **change)
    if machine.thp != "always":
        return Finding("thp", "ok", machine.thp)
    return Finding("thp", "warning", machine.thp, effect, **rewrite({THP: machine.thp}, "madvise"))


def numa_balancing(_machine: Machine, root: Path) -> Finding:
    """Check that the kernel doesn't unmap pages to see which node uses them."""
    check = "numa_balancing"
    effect = (
        "the kernel removes access to pages from time to time, to learn from the fault which node "
        "uses them (Documentation/admin-guide/sysctl/kernel.rst); this adds faults that no case "
        "makes, and page-table entries that mprotect handles differently"
    )
    found = read_number(root, NUMA_BALANCING)
    if lacks(root, NUMA_BALANCING):
        return Finding(check, "ok", "this kernel has no such setting")
    if found is None:
        return unread(check, NUMA_BALANCING, effect)
    evidence = f"numa_balancing is {found}"
    if found == 0:
        return Finding(check, "ok", evidence)
    change = rewrite({NUMA_BALANCING: str(found)}, "0")
    return Finding(check, "warning", evidence, effect, **change)


def ksm(_machine: Machine, root: Path) -> Finding:
    """Check that the kernel doesn't merge pages of equal content."""
    effect = (
        "ksmd uses CPU time to scan memory, and write-protects the pages that it merges, so the "
        "next store copies the page (Documentation/admin-guide/mm/ksm.rst)"
    )
    found = read_number(root, KSM)
    if lacks(root, KSM):
        return Finding("ksm", "ok", "this kernel has no such setting")
    if found is None:
        return unread("ksm", KSM, effect)
    shared = read_number(root, KSM.replace("run", "pages_sharing"))
    evidence = f"run is {found}, pages_sharing is {'not known' if shared is None else shared}"
    if found != 1:  # 2 stops it too, and splits what was merged
        return Finding("ksm", "ok", evidence)
    return Finding("ksm", "warning", evidence, effect, **rewrite({KSM: str(found)}, "0"))


class Area(NamedTuple):
    """A swap area, as /proc/swaps lists it."""

    path: str
    used_kib: int
    priority: int

    @property
    def swapon(self) -> str:
        """Return the command that turns it on again; a priority below 0 was the kernel's choice."""
        given = f"-p {self.priority} " if self.priority >= 0 else ""
        return f"swapon {given}{shlex.quote(self.path)}"


def swap(_machine: Machine, root: Path) -> Finding:
    """Check that no page is swapped out."""
    effect = (
        "mprotect of a page that is swapped out does other work, and the next access waits for the "
        "disk; cases check that their pages are in memory only before and after the timing"
    )
    if read(root, SWAPS) is None:
        return unread("swap", SWAPS, effect)
    areas = _areas(root)
    used = sum(area.used_kib for area in areas)
    evidence = f"{used} KiB used in {len(areas)} swap areas" if areas else "no swap"
    if used == 0:
        return Finding("swap", "ok", evidence)
    off = " && ".join(f"swapoff {shlex.quote(area.path)}" for area in areas)
    on = " && ".join(area.swapon for area in areas)
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
    """Check that enough huge pages are reserved for the cases that use them."""
    effect = "cases with reserved huge pages are skipped; each reports how many pages it needs"
    if lacks(root, HUGETLB):
        no_fix = "use a kernel with CONFIG_HUGETLBFS, and a CPU with pages of 2 MiB"
        return Finding(
            "hugetlb", "warning", "this kernel can't reserve pages of 2 MiB", effect, no_fix=no_fix
        )
    found = {name: read_number(root, f"{HUGETLB}/{name}_hugepages") for name in HUGETLB_COUNTS}
    total, free, claimed = (found[name] for name in HUGETLB_COUNTS)
    if total is None or free is None or claimed is None:
        return unread("hugetlb", HUGETLB, effect)
    unused = free - claimed
    evidence = f"{total} pages of 2 MiB are reserved, {unused} of them unused"
    if unused >= HUGETLB_PAGES:
        return Finding("hugetlb", "ok", evidence)
    missing = HUGETLB_PAGES - unused
    if missing * 2**21 > (machine.memory_bytes or 0) / 8:
        no_fix = f"{missing} more pages would take over an eighth of this machine's memory"
        return Finding("hugetlb", "warning", evidence, effect, no_fix=no_fix)
    change = rewrite({f"{HUGETLB}/nr_hugepages": str(total)}, str(total + missing))
    return Finding("hugetlb", "warning", evidence, effect, **change)
