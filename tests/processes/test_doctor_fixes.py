"""The doctor's fixes and undoes, run for real on made machines."""

import errno
import subprocess
from dataclasses import replace

import pytest
from doctor_made import (
    DISTURBED,
    OK_AT_ONCE,
    PROBES,
    TREES,
    contents,
    count_cycles_as,
    counting,
    kernel_gives,
    look,
    refusing,
    run,
)
from machines_made import CPU, WITH_KEYS, plant

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


def test_every_fix_that_writes_files_is_tried(tmp_path, monkeypatch):
    count_cycles_as(monkeypatch, refusing(errno.EACCES))
    kernel_gives(monkeypatch, errno.EPERM)

    found = look(plant(tmp_path, DISTURBED), replace(WITH_KEYS, initial_pkru=0))

    assert {*BY_FILE, "swap"} == {name for name, each in found.items() if each.fix}


@pytest.mark.parametrize("check", OK_AT_ONCE)
def test_a_fix_makes_its_finding_ok(tmp_path, check):
    root = plant(tmp_path, DISTURBED)

    run(look(root)[check].fix, root)

    assert "ok" == look(root)[check].status


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


@pytest.mark.parametrize("probe", PROBES)
@pytest.mark.parametrize("tree", TREES)
def test_commands_are_shell_that_parses(tmp_path, monkeypatch, tree, probe):
    count_cycles_as(monkeypatch, refusing(errno.EACCES) if tree == "disturbed" else counting)
    kernel_gives(monkeypatch, errno.EPERM if tree == "disturbed" else 0)
    findings = look(plant(tmp_path, TREES[tree]), PROBES[probe])

    for command in {found.fix for found in findings.values()} - {""}:
        assert 0 == subprocess.run(["sh", "-n", "-c", command], check=False).returncode
