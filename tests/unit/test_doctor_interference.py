"""The doctor's checks for what else uses the CPUs."""

from dataclasses import replace
from pathlib import Path

import pytest
from doctor_made import BUSY_CORE, DISTURBED, PROBES, QUIET, QUIET_CORE, look, readings, stat
from machines_made import ARM64, WITH_KEYS, guest, plant

from pkbench.doctor import Finding
from pkbench.doctor.interference import core, steal
from pkbench.machine import Probe, detect
from pkbench.worker.core_clock import CoreClock


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
        (readings(*[0.17] * 60, *[0.3] * 40), "warning"),
        (BUSY_CORE, "problem"),
        (readings(*[0.17] * 60) + readings(*[0.17] * 40, branch=17.1), "warning"),
        (readings(*[0.17] * 100, multiply=9.5e-10), "problem"),
        (readings(*[0.0] * 100), "unknown"),
        ([], "unknown"),
    ],
)
def test_smt_contention_is_reported(seen: list[CoreClock], status: str) -> None:
    assert status == core(seen).status


def test_smt_contention_is_reported_with_its_share_and_the_uncontended_figures() -> None:
    assert core(BUSY_CORE).evidence.startswith("60% of 100 readings were contended")
    assert "5.88 no-ops per cycle" in core(BUSY_CORE).evidence
    assert "takes 16.2 cycles per unpredictable branch" in core(BUSY_CORE).evidence


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


def test_a_tracer_is_a_problem(tmp_path):
    found = look(plant(tmp_path, DISTURBED))["tracer"]

    assert ("problem", "TracerPid is 4711") == (found.status, found.evidence)
