"""The commands that the doctor gives do what they say."""

import errno
import subprocess
from dataclasses import replace

import pytest
from doctor_made import (
    DISTURBED,
    OK_AT_ONCE,
    contents,
    count_cycles_as,
    findings,
    kernel_gives,
    look,
    refusing,
    run,
)
from machines_made import WITH_KEYS, plant

__all__ = ["findings"]


def test_commands_are_shell_that_parses(findings):
    for command in {found.fix for found in findings.values()} - {""}:
        assert 0 == subprocess.run(["sh", "-n", "-c", command], check=False).returncode


# These stay as they are on a made tree: only a kernel reacts to the file.
BY_FILE = [*OK_AT_ONCE, "keys", "pmu", "smt", "cpuset", "thp", "io_uring", "hugetlb"]


@pytest.mark.parametrize("check", BY_FILE)
def test_a_fix_changes_something_and_its_undo_restores_what_was_found(tmp_path, monkeypatch, check):
    count_cycles_as(monkeypatch, refusing(errno.EACCES))
    kernel_gives(monkeypatch, errno.EPERM)
    root = plant(tmp_path, DISTURBED)
    before = contents(root)
    found = look(root, replace(WITH_KEYS, initial_pkru=0))[check]

    run(found.fix, root)
    assert before != contents(root)

    run(found.undo, root)
    assert before == contents(root)


@pytest.mark.parametrize("check", OK_AT_ONCE)
def test_a_fix_makes_its_finding_ok(tmp_path, check):
    root = plant(tmp_path, DISTURBED)

    run(look(root)[check].fix, root)

    assert "ok" == look(root)[check].status
