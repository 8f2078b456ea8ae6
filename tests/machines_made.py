"""Machines made from file trees and from what native code might have found."""

from pathlib import Path

from pkbench.machine import Probe

NO_KEYS = Probe(
    "x86_64", "the CPU has no protection keys (CPUID.7.0:ECX.PKU is clear)", has_pkru=True
)
WITH_KEYS = Probe(
    "x86_64",
    "",
    has_pkru=True,
    cpu_pku=True,
    os_pke=True,
    initial_pkru=0x55555554,
    alloc_errno=0,
    keys=15,
    compiler="GCC: (Debian 12.2.0-14) 12.2.0",
    build="0123456789abcdef",
)
ARM64 = Probe("aarch64", "pkbench does not support protection keys on aarch64")

CPU = "sys/devices/system/cpu"
DESKTOP = {
    "proc/cpuinfo": "processor\t: 0\ncpu family\t: 6\nmodel\t\t: 140\n"
    "model name\t: Intel(R) Core(TM) i7-1185G7 CPU @ 3.00GHz\n"
    "stepping\t: 1\nmicrocode\t: 0xb4\npower management:\n\nprocessor\t: 1\nmicrocode\t: 0xff\n",
    "proc/meminfo": "MemTotal:       16000000 kB\nMemFree:        1 kB\n",
    "proc/sys/kernel/osrelease": "6.12.117-amd64\n",
    "sys/devices/system/clocksource/clocksource0/current_clocksource": "tsc\n",
    "sys/kernel/mm/transparent_hugepage/enabled": "always [madvise] never\n",
    f"{CPU}/online": "0-5,8\n",
    f"{CPU}/smt/control": "on\n",
    f"{CPU}/cpufreq/policy0/scaling_governor": "powersave\n",
    f"{CPU}/cpufreq/policy1/scaling_governor": "powersave\n",
    f"{CPU}/vulnerabilities/meltdown": "Not affected\n",
    f"{CPU}/cpu0/tsc_freq_khz": "2995200\n",
}


def plant(root: Path, files: dict[str, str]) -> Path:
    """Write these files under root."""
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def guest(vendor: str) -> Probe:
    """Make what native code finds under this hypervisor."""
    return Probe("x86_64", "", has_pkru=True, hypervisor=True, hypervisor_vendor=vendor)
