"""The doctor: every check on every machine, and that fixes and undoes do what they say."""

import errno
import os
import shlex
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from doctor_made import (
    BUSY_CORE,
    DISTURBED,
    GOVERNOR,
    KEYS_BROKEN,
    OK_AT_ONCE,
    QUIET,
    QUIET_CORE,
    count_cycles_as,
    counting,
    findings,
    kernel_gives,
    look,
    refusing,
    stat,
)
from machines_made import CPU, NO_KEYS, WITH_KEYS, plant

from pkbench import doctor
from pkbench.doctor import CHECKS, Finding, examine, exit_status
from pkbench.machine import detect
from pkbench.worker.core_clock import CoreClock

__all__ = ["findings"]


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


def test_no_finding_tells_where_the_tree_lies(findings, tmp_path):
    assert str(tmp_path) not in repr(findings)


def test_where_nothing_can_be_read_nothing_is_claimed(tmp_path):
    found = look(tmp_path)

    from_files = set(found) - {"keys", "virtualisation", "pmu", "userfaultfd", "io_uring", "core"}
    assert {"unknown"} == {found[name].status for name in from_files}


def later(root: Path, ticks: str, seen: list[CoreClock]) -> Callable[[float], list[CoreClock]]:
    """Return a way to watch the core, during which the ticks become these."""

    def watch(seconds: float) -> list[CoreClock]:
        plant(root, {"proc/stat": ticks})
        return seen

    return watch


def test_everything_is_ok_on_a_quiet_machine_with_keys(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, counting)
    kernel_gives(monkeypatch, 0)
    root = plant(tmp_path, QUIET)
    after = stat(idle=1010, stolen=0)

    found = examine(detect(root, WITH_KEYS), root, later(root, after, QUIET_CORE))

    assert {"ok"} == {finding.status for finding in found}
    assert 0 == exit_status(found)


def test_every_noise_source_of_a_disturbed_machine_is_reported(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, refusing(errno.EACCES))
    kernel_gives(monkeypatch, errno.EPERM)
    root = plant(tmp_path, DISTURBED)
    after = stat(idle=1010, stolen=110)

    found = examine(detect(root, KEYS_BROKEN), root, later(root, after, BUSY_CORE))

    assert {"virtualisation"} == {finding.check for finding in found if finding.status == "ok"}
    assert 2 == exit_status(found)


def test_the_doctor_changes_nothing(tmp_path):
    root = plant(tmp_path, DISTURBED)

    look(root)

    assert {root / path for path in DISTURBED} == {p for p in root.rglob("*") if p.is_file()}
    assert DISTURBED == {path: (root / path).read_text() for path in DISTURBED}


@pytest.mark.skipif(os.geteuid() == 0, reason="root may look at everything")
@pytest.mark.parametrize("folder", ["sys/fs/cgroup", "sys/kernel/mm", CPU, "proc/sys/kernel"])
def test_what_may_not_be_read_is_not_known_and_no_error(tmp_path, folder):
    root = plant(tmp_path, QUIET)
    (root / folder).chmod(0)
    try:
        found = look(root)
    finally:
        (root / folder).chmod(0o755)

    assert len(CHECKS) + 2 == len(found)


# These stay as they are on a made tree: only a kernel reacts to the file.
BY_FILE = [*OK_AT_ONCE, "keys", "pmu", "smt", "cpuset", "thp", "io_uring", "hugetlb"]


def test_every_fix_that_writes_files_is_tried(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, refusing(errno.EACCES))
    kernel_gives(monkeypatch, errno.EPERM)

    found = look(plant(tmp_path, DISTURBED), replace(WITH_KEYS, initial_pkru=0))

    assert {*BY_FILE, "swap"} == {name for name, each in found.items() if each.fix}


def test_what_a_file_said_cannot_become_a_command(tmp_path):
    root = plant(tmp_path, DISTURBED | {GOVERNOR.format(0): "x; touch disturbed $(id)\n"})

    words = shlex.split(look(root)["governor"].undo)

    assert "x; touch disturbed $(id)" in words


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
