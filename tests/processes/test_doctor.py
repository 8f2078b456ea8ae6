"""The commands that the doctor gives do what they say."""

import errno
import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from doctor_made import (
    BY_FILE,
    SPOILT,
    THP,
    WELL_AT_ONCE,
    asked,
    cycles,
    findings,
    look,
    refusing,
    written,
)
from machines_made import CPU, WITH_KEYS, plant

from pkbench.doctor import script

__all__ = ["asked", "cycles", "findings", "written"]

# every check, on every machine


def test_commands_are_shell_that_parses(findings):
    for command in {found.fix for found in findings.values()} - {""}:
        assert 0 == subprocess.run(["sh", "-n", "-c", command], check=False).returncode


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


@pytest.mark.parametrize("check", WELL_AT_ONCE)
def test_a_fix_makes_its_finding_well(tmp_path, check):
    root = plant(tmp_path, SPOILT)

    run(look(root)[check].fix, root)

    assert "ok" == look(root)[check].status


# keys


# who else runs here


# cores


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


# kernel


# isolation and groups


# memory


# what is permitted


# counters


# the script


def test_the_script_is_shell_that_parses(written):
    _, text = written

    done = subprocess.run(["sh", "-n"], input=text, text=True, capture_output=True, check=False)

    assert (0, "") == (done.returncode, done.stderr)


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


# what it comes to
