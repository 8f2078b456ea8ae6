"""What the doctor finds on made machines, and that its commands do what they say."""

import contextlib
import errno
import os
import re
import shlex
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from machines_made import ARM64, CPU, DESKTOP, NO_KEYS, WITH_KEYS, guest, plant

from pkbench import doctor
from pkbench.doctor import CHECKS, Finding, counters, examine, exit_status, permits, script
from pkbench.doctor.neighbours import core, steal
from pkbench.machine import Probe, detect
from pkbench.worker.core_clock import Chain

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
SPOILT = DESKTOP | {
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
TREES = {"empty": {}, "quiet": QUIET, "spoilt": SPOILT}
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


@pytest.fixture
def cycles(monkeypatch):
    """Let core cycles be counted, or not, as the test says."""
    return lambda count: monkeypatch.setattr(counters, "count_cycles", count)


@pytest.fixture
def asked(monkeypatch):
    """Let the kernel give a userfaultfd and an io_uring, or refuse both with this errno."""

    def answer(code: int) -> None:
        def ask() -> None:
            if code:
                raise OSError(code, "refused")

        monkeypatch.setattr(permits, "try_userfaultfd", ask)
        monkeypatch.setattr(permits, "try_io_uring", ask)

    return answer


def counting(*, user_only: bool) -> int:
    return 12_345


def refusing(code: int, *, to_user_mode: bool = True):
    def count(*, user_only: bool) -> int:
        if user_only and not to_user_mode:
            return 12_345
        raise OSError(code, "refused")

    return count


def look(root: Path, probe: Probe = WITH_KEYS) -> dict[str, Finding]:
    """Examine a made machine without waiting."""
    findings = examine(detect(root, probe), root, watch=lambda seconds: BUSY_CORE)
    return {finding.check: finding for finding in findings}


@pytest.fixture(params=[(tree, probe) for tree in TREES for probe in PROBES], ids="-".join)
def findings(request, tmp_path, cycles, asked):
    tree, probe = request.param
    cycles(refusing(errno.EACCES) if tree == "spoilt" else counting)
    asked(errno.EPERM if tree == "spoilt" else 0)
    return look(plant(tmp_path, TREES[tree]), PROBES[probe])


# every check, on every machine


def test_every_check_has_one_finding_of_its_own(findings):
    assert len(CHECKS) + 2 == len(findings)


def test_every_finding_has_evidence(findings):
    assert [] == [name for name, found in findings.items() if not found.evidence]


def test_every_finding_that_is_not_ok_has_an_effect(findings):
    assert [] == [
        name for name, found in findings.items() if found.status != "ok" and not found.effect
    ]


def test_every_fix_has_an_undo_and_every_undo_a_fix(findings):
    assert [] == [name for name, found in findings.items() if bool(found.fix) != bool(found.undo)]


def test_every_finding_that_is_not_ok_has_either_a_fix_or_a_reason_why_there_is_none(findings):
    assert [] == [
        name
        for name, found in findings.items()
        if found.status != "ok" and bool(found.fix) == bool(found.no_fix)
    ]


def test_what_is_ok_needs_no_fix(findings):
    assert [] == [
        name
        for name, found in findings.items()
        if found.status == "ok" and (found.fix or found.no_fix)
    ]


def test_commands_are_shell_that_parses(findings):
    for command in {found.fix for found in findings.values()} - {""}:
        assert 0 == subprocess.run(["sh", "-n", "-c", command], check=False).returncode


def test_no_finding_tells_where_the_tree_lies(findings, tmp_path):
    assert str(tmp_path) not in repr(findings)


def test_where_nothing_can_be_read_nothing_is_claimed(tmp_path):
    found = look(tmp_path)

    from_files = set(found) - {"keys", "virtualisation", "pmu", "userfaultfd", "io_uring", "core"}
    assert {"unknown"} == {found[name].status for name in from_files}


def looks(*nop_cycles: float, multiply: float = 9e-10, branch: float = 16.2) -> list[Chain]:
    return [Chain(3e-10 if cycles else 0.0, multiply, cycles, branch) for cycles in nop_cycles]


# A hundred moments of a core.
QUIET_CORE = looks(*[0.17] * 98, *[0.34] * 2)
BUSY_CORE = looks(*[0.17] * 40, *[0.3] * 60)


def later(root: Path, ticks: str, seen: list[Chain]) -> Callable[[float], list[Chain]]:
    """Return how the core looks for a while, in which the ticks become these."""

    def watch(seconds: float) -> list[Chain]:
        plant(root, {"proc/stat": ticks})
        return seen

    return watch


def test_a_quiet_machine_with_keys_is_well(tmp_path, cycles, asked):
    cycles(counting)
    asked(0)
    root = plant(tmp_path, QUIET)
    after = stat(idle=1010, stolen=0)

    found = examine(detect(root, WITH_KEYS), root, later(root, after, QUIET_CORE))

    assert {"ok"} == {finding.status for finding in found}
    assert 0 == exit_status(found)


def test_a_spoilt_machine_is_told_everything(tmp_path, cycles, asked):
    cycles(refusing(errno.EACCES))
    asked(errno.EPERM)
    root = plant(tmp_path, SPOILT)
    after = stat(idle=1010, stolen=110)

    found = examine(detect(root, KEYS_BROKEN), root, later(root, after, BUSY_CORE))

    assert {"virtualisation"} == {finding.check for finding in found if finding.status == "ok"}
    assert 2 == exit_status(found)


def test_the_doctor_changes_nothing(tmp_path):
    root = plant(tmp_path, SPOILT)

    look(root)

    assert {root / path for path in SPOILT} == {p for p in root.rglob("*") if p.is_file()}
    assert SPOILT == {path: (root / path).read_text() for path in SPOILT}


# fixes and undoes, run for real on a made tree


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


WELL_AT_ONCE = [
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
# What the kernel does about these, a made tree doesn't.
BY_FILE = [*WELL_AT_ONCE, "keys", "pmu", "smt", "cpuset", "thp", "io_uring", "hugetlb"]


@pytest.mark.parametrize("check", BY_FILE)
def test_a_fix_changes_something_and_its_undo_restores_what_was_found(
    tmp_path, cycles, asked, check
):
    cycles(refusing(errno.EACCES))
    asked(errno.EPERM)
    root = plant(tmp_path, SPOILT)
    before = contents(root)
    found = look(root, replace(WITH_KEYS, initial_pkru=0))[check]

    run(found.fix, root)
    assert before != contents(root)

    run(found.undo, root)
    assert before == contents(root)


def test_every_fix_that_writes_files_is_tried(tmp_path, cycles, asked):
    cycles(refusing(errno.EACCES))
    asked(errno.EPERM)

    found = look(plant(tmp_path, SPOILT), replace(WITH_KEYS, initial_pkru=0))

    assert {*BY_FILE, "swap"} == {name for name, each in found.items() if each.fix}


@pytest.mark.parametrize("check", WELL_AT_ONCE)
def test_a_fix_makes_its_finding_well(tmp_path, check):
    root = plant(tmp_path, SPOILT)

    run(look(root)[check].fix, root)

    assert "ok" == look(root)[check].status


def test_what_a_file_said_cannot_become_a_command(tmp_path):
    root = plant(tmp_path, SPOILT | {GOVERNOR.format(0): "x; touch spoilt $(id)\n"})

    words = shlex.split(look(root)["governor"].undo)

    assert "x; touch spoilt $(id)" in words


# keys


@pytest.mark.parametrize(
    ("probe", "status", "evidence"),
    [
        (NO_KEYS, "warning", NO_KEYS.keys_missing),
        (
            replace(NO_KEYS, cpu_pku=True, keys_missing="the kernel has them turned off"),
            "warning",
            "CPUID.7.0:ECX.PKU is set; the kernel has them turned off",
        ),
        (
            replace(KEYS_BROKEN, alloc_errno=errno.ENOSPC, keys_missing="pkey_alloc fails"),
            "problem",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU gave 0x55555554; "
                "pkey_alloc gave ENOSPC; pkey_alloc fails"
            ),
        ),
        (
            KEYS_BROKEN,
            "problem",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU gave 0x55555554; pkey_alloc works; "
                "protection keys do not protect here"
            ),
        ),
        (
            WITH_KEYS,
            "ok",
            (
                "CPUID.7.0:ECX.PKU is set; OSPKE is set; RDPKRU gave 0x55555554; "
                "pkey_alloc gave 15 keys; a denied store faulted"
            ),
        ),
        (ARM64, "warning", ARM64.keys_missing),
    ],
)
def test_the_keys_are_told_step_by_step_up_to_the_first_no(tmp_path, probe, status, evidence):
    found = look(tmp_path, probe)["keys"]

    assert (status, evidence) == (found.status, found.evidence)


@pytest.mark.parametrize(
    ("probe", "who"),
    [
        (NO_KEYS, "nothing brings keys to a CPU"),
        (replace(NO_KEYS, hypervisor=True, hypervisor_vendor="KVMKVMKVM"), "the host may have"),
        (replace(NO_KEYS, cpu_pku=True), "at boot: leave out `nopku`"),
        (replace(KEYS_BROKEN, alloc_errno=errno.ENOSPC), "run without LD_PRELOAD"),
        (replace(KEYS_BROKEN, alloc_errno=errno.ENOSYS), "a container's filter"),
        (ARM64, "they need x86-64"),
    ],
)
def test_missing_keys_are_told_with_who_could_bring_them(tmp_path, probe, who):
    assert who in look(tmp_path, probe)["keys"].no_fix


def test_keys_that_something_else_holds_are_counted(tmp_path):
    found = look(tmp_path, replace(WITH_KEYS, keys=13))["keys"]

    assert "warning" == found.status
    assert "holds 2 of the 15 keys" in found.effect


def test_other_initial_rights_are_a_warning(tmp_path):
    found = look(tmp_path, replace(WITH_KEYS, initial_pkru=0))["keys"]

    assert ("warning", True) == (found.status, "0x00000000" in found.evidence)


# who else runs here


@pytest.mark.parametrize(
    ("probe", "status"),
    [
        (WITH_KEYS, "ok"),
        (guest("KVMKVMKVM"), "warning"),
        (guest("TCGTCGTCGTCG"), "problem"),
        (ARM64, "unknown"),
    ],
)
def test_a_hypervisor_is_a_warning_and_an_emulator_a_problem(tmp_path, probe, status):
    assert status == look(tmp_path, probe)["virtualisation"].status


@pytest.mark.parametrize(
    ("average", "status"), [("3.49", "ok"), ("3.50", "warning"), ("7.00", "problem")]
)
def test_load_counts_against_the_number_of_cpus(tmp_path, average, status):
    plant(tmp_path, QUIET | {"proc/loadavg": f"{average} 0.00 0.00 1/93 8187\n"})

    assert status == look(tmp_path)["load"].status


def stealing(root: Path, before: str, after: str, probe: Probe = PROBES["KVM"]) -> Finding:
    plant(root, {"proc/stat": before})
    machine = replace(detect(root, probe), allowed_cpus=(0, 1))
    return steal(machine, root, lambda seconds: plant(root, {"proc/stat": after}))


@pytest.mark.parametrize(
    ("seen", "status"),
    [
        (QUIET_CORE, "ok"),
        (looks(*[0.17] * 60, *[0.3] * 40), "warning"),
        (BUSY_CORE, "problem"),
        (looks(*[0.17] * 60) + looks(*[0.17] * 40, branch=17.1), "warning"),
        (looks(*[0.17] * 100, multiply=9.5e-10), "problem"),
        (looks(*[0.0] * 100), "unknown"),
        ([], "unknown"),
    ],
)
def test_a_core_that_others_use_is_told(seen: list[Chain], status: str) -> None:
    assert status == core(seen).status


def test_how_often_others_use_the_core_is_told_with_how_fast_it_is_without_them() -> None:
    assert core(BUSY_CORE).evidence.startswith("60% of 100 looks")
    assert "5.88 no-ops a cycle" in core(BUSY_CORE).evidence
    assert "takes 16.2 for a branch" in core(BUSY_CORE).evidence


def test_steal_is_the_share_of_the_time_between_two_reads(tmp_path):
    found = stealing(tmp_path, stat(idle=1000, stolen=0), stat(idle=1090, stolen=10))

    assert "problem" == found.status
    assert "10.0% of the CPU time in 0.5 s, 0.91% since boot" == found.evidence


def test_a_little_steal_is_a_warning(tmp_path):
    before, after = stat(idle=1000, stolen=0), stat(idle=1098, stolen=2)

    assert "warning" == stealing(tmp_path, before, after).status


def test_steal_long_ago_is_a_warning(tmp_path):
    before, after = stat(idle=9900, stolen=100), stat(idle=9950, stolen=100)

    assert "warning" == stealing(tmp_path, before, after).status


def test_a_guest_that_never_saw_steal_cannot_tell_while_bare_metal_can(tmp_path):
    before, after = stat(idle=1000, stolen=0), stat(idle=1050, stolen=0)

    assert "unknown" == stealing(tmp_path, before, after).status
    assert "ok" == stealing(tmp_path, before, after, WITH_KEYS).status


def test_steal_from_cpus_that_may_not_be_used_does_not_count(tmp_path):
    idle, stolen = "0 0 0 {} 0 0 0 5 0 0", "0 0 0 50 0 0 0 {} 0 0"
    before = f"cpu0 {idle.format(9000)}\ncpu1 {idle.format(9000)}\ncpu2 {stolen.format(0)}"
    after = f"cpu0 {idle.format(9050)}\ncpu1 {idle.format(9050)}\ncpu2 {stolen.format(500)}"

    assert "ok" == stealing(tmp_path, before, after).status


def test_a_stat_that_stands_still_or_lacks_the_column_is_unknown(tmp_path):
    same = stat(idle=1000, stolen=0)
    short = "cpu0 1 2 3 4\ncpu1 1 2 3 4"

    assert "unknown" == stealing(tmp_path, same, same).status
    assert "unknown" == stealing(tmp_path, short, short).status


# cores


def test_the_governor_s_undo_restores_each_policy_s_own(tmp_path):
    found = look(plant(tmp_path, SPOILT))["governor"]

    policy = "/sys/devices/system/cpu/cpufreq/policy{}/scaling_governor"
    assert "powersave, schedutil, on 2 of 3 frequency policies" == found.evidence
    assert f"echo performance | tee {policy.format(0)} {policy.format(1)} >/dev/null" == found.fix
    assert (
        f"echo schedutil | tee {policy.format(0)} >/dev/null && "
        f"echo powersave | tee {policy.format(1)} >/dev/null"
    ) == found.undo


def test_a_governor_that_cannot_be_had_is_not_a_fix(tmp_path):
    found = look(plant(tmp_path, SPOILT | {AVAILABLE.format(1): "powersave schedutil\n"}))

    assert ("warning", "") == (found["governor"].status, found["governor"].fix)


def test_a_governor_whose_choices_are_not_known_is_not_changed(tmp_path):
    found = look(plant(tmp_path, {GOVERNOR.format(0): "powersave\n"}))

    assert ("warning", "") == (found["governor"].status, found["governor"].fix)


def test_a_missing_governor_is_the_hypervisor_s_doing_only_under_a_hypervisor(tmp_path):
    assert "hypervisor" in look(tmp_path, guest("KVMKVMKVM"))["governor"].evidence
    assert "hypervisor" not in look(tmp_path)["governor"].evidence


@pytest.mark.parametrize(
    ("path", "on", "off"), [("intel_pstate/no_turbo", "0", "1"), ("cpufreq/boost", "1", "0")]
)
def test_turbo_is_read_the_way_round_its_driver_means_it(tmp_path, path, on, off):
    root = plant(tmp_path, {f"{CPU}/{path}": on})
    found = look(root)["turbo"]
    assert "warning" == found.status

    run(found.fix, root)
    assert (f"{off}\n", "ok") == ((root / CPU / path).read_text(), look(root)["turbo"].status)

    run(found.undo, root)
    assert f"{on}\n" == (root / CPU / path).read_text()


def test_a_guest_s_single_threads_may_share_a_core_all_the_same(tmp_path):
    root = plant(tmp_path, QUIET)

    assert "ok" == look(root)["smt"].status
    assert "unknown" == look(root, guest("KVMKVMKVM"))["smt"].status


def test_siblings_that_the_kernel_cannot_switch_have_no_fix(tmp_path):
    plant(tmp_path, SPOILT | {f"{CPU}/smt/control": "notimplemented\n"})

    found = look(tmp_path)["smt"]

    assert ("warning", "") == (found.status, found.fix)


# kernel


def test_a_clock_that_needs_the_kernel_is_changed_for_one_that_does_not(tmp_path):
    found = look(plant(tmp_path, SPOILT))["clocksource"]

    path = "/sys/devices/system/clocksource/clocksource0/current_clocksource"
    assert f"echo tsc | tee {path} >/dev/null" == found.fix
    assert f"echo hpet | tee {path} >/dev/null" == found.undo


def test_a_slow_clock_without_a_better_one_has_no_fix(tmp_path):
    plant(tmp_path, SPOILT | {f"{CLOCKSOURCE}/available_clocksource": "hpet acpi_pm\n"})

    found = look(tmp_path)["clocksource"]

    assert ("warning", "") == (found.status, found.fix)


def test_a_slow_clock_whose_alternatives_are_not_known_has_no_fix(tmp_path):
    found = look(plant(tmp_path, {f"{CLOCKSOURCE}/current_clocksource": "hpet"}))["clocksource"]

    assert ("hpet, of an unknown choice", "") == (found.evidence, found.fix)


@pytest.mark.parametrize(
    ("meltdown", "status"),
    [
        ("Mitigation: PTI", "warning"),
        ("Not affected", "ok"),
        ("Vulnerable", "ok"),
        ("Unknown (XEN PV detected, hypervisor mitigation required)", "unknown"),
    ],
)
def test_page_table_isolation_is_read_from_what_meltdown_says(tmp_path, meltdown, status):
    plant(tmp_path, {f"{CPU}/vulnerabilities/meltdown": meltdown})

    assert status == look(tmp_path)["kpti"].status


def test_mitigations_turned_off_are_a_warning_even_where_none_is_needed(tmp_path):
    plant(tmp_path, QUIET | {"proc/cmdline": "quiet mitigations=off"})

    found = look(tmp_path)["mitigations"]

    assert ("warning", "mitigations=off") == (found.status, found.evidence)


def test_mitigations_at_work_are_well_and_named(tmp_path):
    plant(tmp_path, QUIET | {f"{CPU}/vulnerabilities/mds": "Mitigation: Clear CPU buffers\n"})

    found = look(tmp_path)["mitigations"]

    assert ("ok", "mitigated: mds") == (found.status, found.evidence)


@pytest.mark.parametrize(("pages", "status"), [("33", "ok"), ("1", "warning"), ("", "unknown")])
def test_only_the_default_flush_ceiling_is_well(tmp_path, pages, status):
    assert status == look(plant(tmp_path, {CEILING: pages}))["flush_ceiling"].status


def test_a_flush_ceiling_that_cannot_be_read_names_the_case_that_shows_it(tmp_path):
    assert "protect/mprotect-rw-ro at pages=33,34" in look(tmp_path)["flush_ceiling"].no_fix


def test_what_only_x86_has_is_not_missed_elsewhere(tmp_path):
    found = look(plant(tmp_path, SPOILT), ARM64)

    assert ("ok", "ok") == (found["flush_ceiling"].status, found["tsc"].status)


@pytest.mark.parametrize(
    ("flags", "status", "evidence"),
    [
        ("constant_tsc nonstop_tsc", "ok", "constant_tsc, nonstop_tsc"),
        ("nonstop_tsc", "warning", "/proc/cpuinfo lacks constant_tsc"),
        ("tsc", "warning", "/proc/cpuinfo lacks constant_tsc and nonstop_tsc"),
    ],
)
def test_the_tsc_is_sound_if_it_is_constant_and_never_stops(tmp_path, flags, status, evidence):
    found = look(plant(tmp_path, {"proc/cpuinfo": FLAGS.format(flags)}))["tsc"]

    assert (status, evidence) == (found.status, found.evidence)


def test_boot_parameters_are_a_reason_and_no_command(tmp_path):
    found = look(plant(tmp_path, SPOILT))

    at_boot = [name for name, each in found.items() if "at boot" in each.no_fix]
    assert ["isolation", "mitigations", "kpti"] == at_boot
    assert [] == [name for name in at_boot if found[name].fix]


# isolation and groups


def test_isolated_cpus_that_the_run_may_not_use_are_named_with_the_way_to_them(tmp_path):
    found = look(plant(tmp_path, QUIET | {f"{CPU}/isolated": "1020-1023\n"}))["isolation"]

    assert "warning" == found.status
    assert "`taskset -c 1020-1023 pkbench run`" in found.no_fix


def test_the_kernel_s_null_is_no_cpu(tmp_path):
    found = look(plant(tmp_path, QUIET | {f"{CPU}/nohz_full": "(null)\n"}))["isolation"]

    assert "isolated: 0-1023; nohz_full: no CPU" == found.evidence


def test_the_cores_that_are_shared_are_named(tmp_path):
    topology = f"{CPU}/cpu{{}}/topology/thread_siblings_list"
    siblings = {topology.format(cpu): "0-1023" for cpu in os.sched_getaffinity(0)}

    assert "these share a core: 0-1023" in look(plant(tmp_path, SPOILT | siblings))["smt"].evidence


def test_a_quota_above_one_s_own_group_counts_too(tmp_path):
    plant(tmp_path, QUIET | {"sys/fs/cgroup/a.slice/cpu.max": "150000 100000\n"})

    found = look(tmp_path)["quota"]

    assert "warning" == found.status
    assert "echo max | tee /sys/fs/cgroup/a.slice/cpu.max >/dev/null" == found.fix
    assert "echo '150000 100000' | tee /sys/fs/cgroup/a.slice/cpu.max >/dev/null" == found.undo


def test_a_quota_that_was_used_up_is_a_problem(tmp_path):
    found = look(plant(tmp_path, SPOILT))["quota"]

    assert ("problem", True) == (found.status, found.evidence.endswith("throttled 12 times"))


VERSION_1 = {
    "proc/self/cgroup": "5:cpuset:/jobs\n4:cpu,cpuacct:/jobs\n0::/\n",
    "sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us": "50000\n",
    "sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "-1\n",
    "sys/fs/cgroup/cpuset/jobs/cpuset.cpus": "0\n",
    "sys/fs/cgroup/cpuset/cpuset.cpus": "0-8\n",
}


def test_control_groups_of_version_1_are_understood(tmp_path):
    found = look(plant(tmp_path, DESKTOP | VERSION_1))

    path = "/sys/fs/cgroup/cpu,cpuacct/jobs/cpu.cfs_quota_us"
    assert f"echo -1 | tee {path} >/dev/null" == found["quota"].fix
    assert "the group has CPUs 0 of 0-5,8" == found["cpuset"].evidence


def test_a_cpuset_of_version_1_cannot_be_emptied(tmp_path):
    found = look(plant(tmp_path, DESKTOP | VERSION_1))["cpuset"]

    assert ("warning", "") == (found.status, found.fix)


def test_a_container_that_sees_its_own_group_as_the_root_is_understood(tmp_path):
    plant(tmp_path, {"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "50000 100000\n"})

    assert "echo max | tee /sys/fs/cgroup/cpu.max >/dev/null" == look(tmp_path)["quota"].fix


def test_a_group_that_lies_outside_of_what_is_seen_is_looked_for_no_further(tmp_path):
    outside = {"sys/x/cpu.max": "50000 100000\n", "sys/fs/cgroup/cgroup.controllers": "cpu\n"}
    plant(tmp_path, {"proc/self/cgroup": "0::/../../x\n"} | outside)

    assert "ok" == look(tmp_path)["quota"].status


# memory


def test_swap_that_holds_nothing_is_well(tmp_path):
    plant(tmp_path, {"proc/swaps": SWAPS + "/dev/sda2 partition\t8388604\t0\t-2\n"})

    assert "ok" == look(tmp_path)["swap"].status


def test_swapping_is_taken_up_again_as_it_was(tmp_path):
    found = look(plant(tmp_path, SPOILT))["swap"]

    assert "swapoff /dev/sda2 && swapoff '/swap file'" == found.fix
    assert "swapon /dev/sda2 && swapon -p 5 '/swap file'" == found.undo


def test_huge_pages_by_consent_are_well_and_none_at_all_are_not(tmp_path):
    assert "ok" == look(plant(tmp_path, QUIET))["thp"].status

    found = look(plant(tmp_path, QUIET | {THP: "always madvise [never]\n"}))["thp"]
    assert ("warning", f"echo madvise | tee /{THP} >/dev/null") == (found.status, found.fix)


def test_huge_pages_in_use_are_not_counted_as_reserved(tmp_path):
    found = look(plant(tmp_path, SPOILT))["hugetlb"]

    assert "2 pages of 2 MiB are reserved, 1 of them unused" == found.evidence
    assert f"echo 65 | tee /{HUGETLB}/nr_hugepages >/dev/null" == found.fix


def test_a_small_machine_is_not_told_to_reserve_its_memory(tmp_path):
    found = look(plant(tmp_path, SPOILT | {"proc/meminfo": "MemTotal: 524288 kB\n"}))["hugetlb"]

    assert ("warning", "") == (found.status, found.fix)


@pytest.mark.parametrize("check", ["ksm", "numa_balancing"])
def test_what_the_kernel_lacks_does_no_harm(tmp_path, check):
    beside = {"sys/kernel/mm/ksm/other": "", "proc/sys/kernel/osrelease": "6.12\n"}

    assert "ok" == look(plant(tmp_path, beside))[check].status


# what is permitted


@pytest.mark.parametrize(
    ("check", "path", "least"),
    [
        ("max_map_count", "proc/sys/vm/max_map_count", 65_530),
        ("sample_rate", SAMPLE_RATE, 4000),
    ],
)
def test_a_limit_is_well_from_what_is_needed_upwards(tmp_path, check, path, least):
    assert "ok" == look(plant(tmp_path, {path: str(least)}))[check].status
    assert "warning" == look(plant(tmp_path, {path: str(least - 1)}))[check].status


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (errno.EPERM, "something else refuses"),
        (errno.EINVAL, "it needs Linux 5.11"),
        (errno.ENOSYS, "CONFIG_USERFAULTFD"),
    ],
)
def test_a_userfaultfd_that_is_refused_is_no_setting_s_doing(tmp_path, asked, code, reason):
    asked(code)

    found = look(plant(tmp_path, SPOILT))["userfaultfd"]

    assert ("warning", "") == (found.status, found.fix)
    assert reason in found.no_fix
    assert found.evidence.endswith(errno.errorcode[code])


@pytest.mark.parametrize(
    ("setting", "code", "fixed"),
    [
        ("2", errno.EPERM, True),
        ("1", errno.EPERM, True),
        ("0", errno.EPERM, False),
        ("2", errno.ENOSYS, False),
        ("2", errno.ENOMEM, False),
    ],
)
def test_a_refused_io_uring_is_mended_where_a_setting_refuses(
    tmp_path, asked, setting, code, fixed
):
    asked(code)

    found = look(plant(tmp_path, {"proc/sys/kernel/io_uring_disabled": setting}))["io_uring"]

    assert ("warning", fixed) == (found.status, bool(found.fix))


def test_an_io_uring_that_this_process_may_have_is_well_whatever_the_setting(tmp_path, asked):
    asked(0)

    assert "ok" == look(plant(tmp_path, SPOILT))["io_uring"].status


@pytest.mark.parametrize("ask", [permits.try_userfaultfd, permits.try_io_uring])
def test_asking_leaves_no_open_file_behind(ask):
    def open_files() -> list[str]:
        return sorted(path.name for path in Path("/proc/self/fd").iterdir())

    before = open_files()
    with contextlib.suppress(OSError):
        ask()

    assert before == open_files()


def test_a_tracer_is_a_problem(tmp_path):
    found = look(plant(tmp_path, SPOILT))["tracer"]

    assert ("problem", "TracerPid is 4711") == (found.status, found.evidence)


# counters


@pytest.mark.parametrize("percent", ["0", "100"])
def test_a_sample_rate_that_the_kernel_would_not_let_be_written_has_no_fix(tmp_path, percent):
    plant(tmp_path, SPOILT | {"proc/sys/kernel/perf_cpu_time_max_percent": percent})

    found = look(tmp_path)["sample_rate"]

    assert ("warning", "") == (found.status, found.fix)


def test_counters_that_nothing_drives_are_a_warning_without_a_fix(tmp_path, cycles):
    cycles(refusing(errno.ENOENT))

    found = look(plant(tmp_path, SPOILT))["pmu"]

    assert ("warning", "") == (found.status, found.fix)
    assert found.evidence.startswith("perf_event_open gave ENOENT: ")


def test_a_counter_that_stays_at_zero_is_not_taken_for_a_working_one(tmp_path, cycles):
    cycles(lambda *, user_only: 0)

    assert "warning" == look(tmp_path)["pmu"].status


def test_counting_user_mode_alone_is_told_from_not_counting(tmp_path, cycles):
    root = plant(tmp_path, SPOILT)
    cycles(refusing(errno.EACCES, to_user_mode=False))
    user_mode = look(root)["pmu"]
    cycles(refusing(errno.EACCES))

    assert counters.USER_ONLY == user_mode.effect
    assert counters.NO_COUNTERS == look(root)["pmu"].effect


def test_a_paranoid_kernel_without_counters_is_told_from_one_with_them(tmp_path, cycles):
    def count(*, user_only: bool) -> int:
        raise OSError(errno.ENOENT if user_only else errno.EACCES, "refused")

    cycles(count)

    found = look(plant(tmp_path, SPOILT))["pmu"]

    assert counters.NO_COUNTERS == found.effect
    assert found.evidence.endswith("in user mode alone, the kernel found no counters it can drive")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look at everything")
@pytest.mark.parametrize("folder", ["sys/fs/cgroup", "sys/kernel/mm", CPU, "proc/sys/kernel"])
def test_what_may_not_be_looked_at_is_not_known_and_no_error(tmp_path, folder):
    root = plant(tmp_path, QUIET)
    (root / folder).chmod(0)
    try:
        found = look(root)
    finally:
        (root / folder).chmod(0o755)

    assert len(CHECKS) + 2 == len(found)


def test_a_paranoid_kernel_is_eased_and_put_back_as_it_was(tmp_path, cycles):
    cycles(refusing(errno.EACCES))

    found = look(plant(tmp_path, SPOILT))["pmu"]

    assert "echo 1 | tee /proc/sys/kernel/perf_event_paranoid >/dev/null" == found.fix
    assert "echo 3 | tee /proc/sys/kernel/perf_event_paranoid >/dev/null" == found.undo


@pytest.mark.parametrize("paranoid", [{}, {PARANOID: "-1\n"}, {PARANOID: "1\n"}])
def test_a_refusal_that_the_kernel_s_setting_does_not_explain_has_no_fix(
    tmp_path, cycles, paranoid
):
    cycles(refusing(errno.EPERM))

    found = look(plant(tmp_path, paranoid))["pmu"]

    assert ("warning", "") == (found.status, found.fix)
    assert found.evidence.endswith("something else refuses, as a container's filter would")


def test_the_way_to_the_counters_is_right_as_a_counter_without_hardware_shows():
    task_clock = (1, 1)  # PERF_TYPE_SOFTWARE, PERF_COUNT_SW_TASK_CLOCK, in nanoseconds
    try:
        counted = counters.count(*task_clock, user_only=True)
    except PermissionError as error:
        pytest.skip(f"perf_event_open: {error.strerror}")

    assert 1_000 < counted < 1_000_000_000


def test_an_event_that_does_not_exist_is_the_kernel_s_own_error():
    with pytest.raises(OSError, match=r"\S") as raised:
        counters.count(1, 1_000_000, user_only=True)

    assert raised.value.errno in errno.errorcode


def test_cycles_are_not_counted_where_the_system_call_s_number_is_not_known(monkeypatch):
    monkeypatch.setattr(counters, "PERF_EVENT_OPEN", {})

    with pytest.raises(OSError, match="not known on this architecture"):
        counters.count_cycles(user_only=True)


# the script


@pytest.fixture(params=TREES)
def written(request, tmp_path, cycles, asked):
    """Give what was found on a made machine, and the script of it."""
    tree = request.param
    cycles(refusing(errno.EACCES) if tree == "spoilt" else counting)
    asked(errno.EPERM if tree == "spoilt" else 0)
    found = list(look(plant(tmp_path, TREES[tree]), PROBES["other rights"]).values())
    return found, script(found, "a machine")


def body(text: str, function: str) -> list[str]:
    """Return the commands of one of the script's functions."""
    _, _, rest = text.partition(f"\n{function}() {{\n")
    inside, _, _ = rest.partition("\n}\n")
    lines = (line.strip() for line in inside.splitlines())
    return [line for line in lines if line and not line.startswith("#")]


def test_the_script_is_shell_that_parses(written):
    _, text = written

    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


def test_the_script_holds_each_fix_once_and_nothing_else(written):
    found, text = written

    fixes = [f"{{ {each.fix}; }} || missed {each.check}" for each in found if each.fix]
    assert (fixes or [":"]) == body(text, "mend")
    assert all(1 == text.count(fix) for fix in fixes)


def test_the_script_undoes_each_fix_in_reverse(written):
    found, text = written

    undoes = [f"{{ {each.undo}; }} || missed {each.check}" for each in found if each.undo]
    assert (undoes[::-1] or [":"]) == body(text, "undo")


def test_the_script_says_why(written):
    found, text = written

    words = " ".join(text.replace("#", " ").split())
    for each in found:
        for part in (each.evidence, each.effect, each.no_fix):
            if each.status != "ok":
                assert " ".join(part.split()) in words


def test_what_is_mended_at_boot_is_a_comment(tmp_path):
    found = look(plant(tmp_path, SPOILT))

    lines = script(list(found.values()), "a machine").splitlines()

    at_boot = [line for line in lines if "isolcpus" in line or "pti=off" in line]
    assert 2 == len(at_boot)
    assert all(line.startswith("#") for line in at_boot)


def run_script(root: Path, text: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a script as if the tree were the machine's own, and nothing could be swapped."""
    fake = plant(root / "bin", {"swapon": "#!/bin/sh\n", "swapoff": "#!/bin/sh\n"})
    for command in fake.iterdir():
        command.chmod(0o755)
    here = re.sub(r" (?=/(sys|proc)/)", f" {root}", text)
    path = {**os.environ, "PATH": f"{fake}:{os.environ['PATH']}"}
    return subprocess.run(
        ["sh", "-s", "--", *arguments],
        input=here,
        text=True,
        env=path,
        capture_output=True,
        check=False,
    )


def spoilt_script(root: Path, cycles, asked) -> str:
    cycles(refusing(errno.EACCES))
    asked(errno.EPERM)
    return script(list(look(plant(root, SPOILT)).values()), "a machine")


def test_the_script_mends_and_undoes_everything(tmp_path, cycles, asked):
    text = spoilt_script(tmp_path, cycles, asked)
    before = contents(tmp_path)

    assert 0 == run_script(tmp_path, text).returncode
    mended = look(tmp_path)
    assert {"ok"} == {mended[check].status for check in WELL_AT_ONCE}

    assert 0 == run_script(tmp_path, text, "undo").returncode
    after = contents(tmp_path)
    assert before == {path: after[path] for path in before}


def test_a_command_that_fails_does_not_keep_the_others_back(tmp_path, cycles, asked):
    text = spoilt_script(tmp_path, cycles, asked)
    (tmp_path / THP).unlink()
    (tmp_path / THP).mkdir()

    done = run_script(tmp_path, text)

    assert 1 == done.returncode
    assert "sh: thp: not done" == done.stderr.splitlines()[-1]
    assert "ok" == look(tmp_path)["max_map_count"].status


def test_a_misspelt_argument_changes_nothing(tmp_path, cycles, asked):
    text = spoilt_script(tmp_path, cycles, asked)
    before = contents(tmp_path)

    assert 2 == run_script(tmp_path, text, "--undo").returncode
    after = contents(tmp_path)
    assert before == {path: after[path] for path in before}


def test_what_was_read_cannot_leave_its_comment():
    hostile = Finding(
        "a check", "warning", "x\ntouch spoilt\r\x85touch spoilt", "\u2028rm", no_fix="\nid"
    )

    text = script([hostile], "a machine\nid")

    added = set(text.splitlines()) - set(script([], "a machine").splitlines())
    assert added
    assert all(line.startswith("#") or not line for line in added)


# what it comes to


@pytest.mark.parametrize(
    ("statuses", "status"),
    [([], 0), (["ok"], 0), (["ok", "warning"], 1), (["unknown"], 1), (["problem", "warning"], 2)],
)
def test_the_exit_status_is_that_of_the_worst_finding(statuses, status):
    assert status == exit_status(Finding("a check", each, "read") for each in statuses)


def test_this_machine_can_be_examined():
    machine = detect(native=NO_KEYS)

    found = doctor.examine(machine, watch=lambda seconds: [])

    assert len(CHECKS) + 2 == len(found)
