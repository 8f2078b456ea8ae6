"""Made machines for the doctor's checks: quiet ones, disturbed ones, and what runs their fixes."""

import errno
import re
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from machines_made import ARM64, CPU, DESKTOP, NO_KEYS, WITH_KEYS, guest, plant

from pkbench.doctor import Finding, counters, examine, permissions
from pkbench.machine import Probe, detect
from pkbench.worker.core_clock import CoreClock

CLOCKSOURCE = "sys/devices/system/clocksource/clocksource0"
THP = "sys/kernel/mm/transparent_hugepage/enabled"
PARANOID = "proc/sys/kernel/perf_event_paranoid"


def stat(*, idle: int, stolen: int) -> str:
    """Make a /proc/stat of which every CPU that this test may use has half."""
    line = f"0 0 0 {idle} 0 0 0 {stolen} 500 500"  # the last two, guests, are part of others
    return "\n".join(["cpu " + line, *(f"cpu{cpu} {line}" for cpu in range(1024)), "ctxt 1"])


FLAGS = DESKTOP["proc/cpuinfo"].replace("power", "flags\t\t: fpu {}\npower")
GROUP = "sys/fs/cgroup/a.slice/b.scope"
HUGETLB = "sys/kernel/mm/hugepages/hugepages-2048kB"
CEILING = "sys/kernel/debug/x86/tlb_single_page_flush_ceiling"
SAMPLE_RATE = "proc/sys/kernel/perf_event_max_sample_rate"
SWAPS = "Filename\t\t\t\tType\t\tSize\t\tUsed\t\tPriority\n"
QUIET = DESKTOP | {
    "proc/cpuinfo": FLAGS.format("constant_tsc nonstop_tsc"),
    SAMPLE_RATE: "100000\n",
    f"{CPU}/isolated": "0-1023\n",
    "proc/self/cgroup": "0::/a.slice/b.scope\n",
    f"{GROUP}/cpu.max": "max 100000\n",
    f"{GROUP}/cpuset.cpus.effective": "0-8\n",
    "proc/self/status": "Name:\tpython\nTracerPid:\t0\n",
    "sys/kernel/mm/ksm/run": "0\n",
    "proc/swaps": SWAPS,
    "proc/sys/kernel/randomize_va_space": "2\n",
    "proc/sys/kernel/numa_balancing": "0\n",
    CEILING: "33\n",
    "proc/sys/vm/max_map_count": "65530\n",
    f"{HUGETLB}/nr_hugepages": "64\n",
    f"{HUGETLB}/free_hugepages": "64\n",
    f"{HUGETLB}/resv_hugepages": "0\n",
    f"{CPU}/cpufreq/policy0/scaling_governor": "performance\n",
    f"{CPU}/cpufreq/policy1/scaling_governor": "performance\n",
    f"{CPU}/intel_pstate/no_turbo": "1\n",
    f"{CPU}/smt/active": "0\n",
    f"{CPU}/smt/control": "off\n",
    "proc/loadavg": "0.10 0.05 0.01 1/93 8187\n",
    "proc/stat": stat(idle=1000, stolen=0),
}
GOVERNOR = f"{CPU}/cpufreq/policy{{}}/scaling_governor"
AVAILABLE = f"{CPU}/cpufreq/policy{{}}/scaling_available_governors"
DISTURBED = DESKTOP | {
    "proc/sys/kernel/osrelease": "5.10.46\n",
    f"{CLOCKSOURCE}/current_clocksource": "hpet\n",
    f"{CLOCKSOURCE}/available_clocksource": "tsc hpet acpi_pm \n",
    GOVERNOR.format(0): "schedutil\n",
    GOVERNOR.format(1): "powersave\n",
    GOVERNOR.format(2): "performance\n",
    AVAILABLE.format(0): "performance powersave schedutil\n",
    AVAILABLE.format(1): "performance powersave\n",
    f"{CPU}/cpufreq/policy0/boost": "1\n",
    f"{CPU}/cpufreq/policy1/boost": "0\n",
    f"{CPU}/smt/active": "1\n",
    f"{CPU}/smt/control": "on\n",
    "proc/loadavg": "8.00 0.05 0.01 9/93 8187\n",
    "proc/stat": stat(idle=1000, stolen=100),
    THP: "[always] madvise never\n",
    f"{CPU}/vulnerabilities/meltdown": "Mitigation: PTI\n",
    f"{CPU}/vulnerabilities/mds": "Vulnerable; SMT vulnerable\n",
    PARANOID: "3\n",
    "proc/cpuinfo": FLAGS.format("tsc"),
    SAMPLE_RATE: "1\n",
    "proc/sys/kernel/perf_cpu_time_max_percent": "25\n",
    f"{CPU}/isolated": "\n",
    "proc/self/cgroup": "0::/a.slice/b.scope\n",
    "sys/fs/cgroup/cgroup.controllers": "cpuset cpu\n",
    f"{GROUP}/cgroup.controllers": "cpuset cpu\n",
    f"{GROUP}/cpu.max": "50000 100000\n",
    f"{GROUP}/cpu.stat": "usage_usec 1\nnr_throttled 12\n",
    "sys/fs/cgroup/a.slice/cpu.max": "max 100000\n",
    f"{GROUP}/cpuset.cpus": "0-1\n",
    f"{GROUP}/cpuset.cpus.effective": "0-1\n",
    "proc/self/status": "Name:\tpython\nTracerPid:\t4711\n",
    "sys/kernel/mm/ksm/run": "1\n",
    "sys/kernel/mm/ksm/pages_sharing": "7\n",
    "proc/swaps": SWAPS
    + "/dev/sda2 partition\t8388604\t1024\t-2\n/swap\\040file file 1048572 0 5\n",
    "proc/sys/kernel/randomize_va_space": "0\n",
    "proc/sys/kernel/numa_balancing": "1\n",
    "proc/sys/kernel/io_uring_disabled": "2\n",
    "proc/sys/vm/unprivileged_userfaultfd": "0\n",
    "sys/kernel/debug/x86/init_pkru": "0x0\n",
    CEILING: "1\n",
    "proc/sys/vm/max_map_count": "1000\n",
    f"{HUGETLB}/nr_hugepages": "2\n",
    f"{HUGETLB}/free_hugepages": "2\n",
    f"{HUGETLB}/resv_hugepages": "1\n",
}
TREES = {"empty": {}, "quiet": QUIET, "disturbed": DISTURBED}
KEYS_BROKEN = replace(WITH_KEYS, keys_missing="protection keys do not protect here", keys=0)
PROBES = {
    "no keys": NO_KEYS,
    "keys": WITH_KEYS,
    "broken keys": KEYS_BROKEN,
    "alloc refused": replace(KEYS_BROKEN, alloc_errno=errno.ENOSYS),
    "keys taken": replace(WITH_KEYS, keys=13),
    "other rights": replace(WITH_KEYS, initial_pkru=0),
    "arm64": ARM64,
    "KVM": guest("KVMKVMKVM"),
    "TCG": guest("TCGTCGTCGTCG"),
}


def readings(*nop_cycles: float, multiply: float = 9e-10, branch: float = 16.2) -> list[CoreClock]:
    return [CoreClock(3e-10 if cycles else 0.0, multiply, cycles, branch) for cycles in nop_cycles]


# A hundred readings of a core.
QUIET_CORE = readings(*[0.17] * 98, *[0.34] * 2)
BUSY_CORE = readings(*[0.17] * 40, *[0.3] * 60)


def count_cycles_as(monkeypatch: pytest.MonkeyPatch, count: Callable[..., int]) -> None:
    """Let core cycles be counted, or not, as the test says."""
    monkeypatch.setattr(counters, "count_cycles", count)


def kernel_gives(monkeypatch: pytest.MonkeyPatch, code: int) -> None:
    """Let the kernel give a userfaultfd and an io_uring, or refuse both with this errno."""

    def ask() -> None:
        if code:
            raise OSError(code, "refused")

    monkeypatch.setattr(permissions, "try_userfaultfd", ask)
    monkeypatch.setattr(permissions, "try_io_uring", ask)


def counting(*, user_only: bool) -> int:
    return 12_345


def refusing(code: int, *, to_user_mode: bool = True) -> Callable[..., int]:
    def count(*, user_only: bool) -> int:
        if user_only and not to_user_mode:
            return 12_345
        raise OSError(code, "refused")

    return count


def look(root: Path, probe: Probe = WITH_KEYS) -> dict[str, Finding]:
    """Examine a made machine without waiting."""
    findings = examine(detect(root, probe), root, watch=lambda seconds: BUSY_CORE)
    return {finding.check: finding for finding in findings}


def run(command: str, root: Path) -> None:
    """Run a finding's command as if the tree were the machine's own."""
    here = re.sub(r" (?=/(sys|proc)/)", f" {root}", command)
    subprocess.run(["sh", "-ec", here], check=True)


def contents(root: Path) -> dict[str, list[str]]:
    """Read all settings, a choice in brackets as that choice alone."""
    files = (path for path in root.rglob("*") if path.is_file())
    return {
        str(path): path.read_text().replace("[always] madvise never", "always").split()
        for path in files
    }


OK_AT_ONCE = [
    "sample_rate",
    "clocksource",
    "governor",
    "turbo",
    "quota",
    "numa_balancing",
    "ksm",
    "aslr",
    "flush_ceiling",
    "max_map_count",
]


@pytest.fixture(params=[(tree, probe) for tree in TREES for probe in PROBES], ids="-".join)
def findings(request, tmp_path, monkeypatch):
    """Give what is found on each made machine, by the name of the check."""
    tree, probe = request.param
    count_cycles_as(monkeypatch, refusing(errno.EACCES) if tree == "disturbed" else counting)
    kernel_gives(monkeypatch, errno.EPERM if tree == "disturbed" else 0)
    return look(plant(tmp_path, TREES[tree]), PROBES[probe])
