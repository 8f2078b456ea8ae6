"""The doctor's script of all fixes."""

import errno
import os
import re
import subprocess
from pathlib import Path

import pytest
from doctor_made import (
    DISTURBED,
    OK_AT_ONCE,
    PROBES,
    THP,
    TREES,
    contents,
    count_cycles_as,
    counting,
    kernel_gives,
    look,
    refusing,
)
from machines_made import plant

from pkbench.doctor import Finding, script


@pytest.fixture(params=TREES)
def written(request, tmp_path, monkeypatch):
    """Give what was found on a made machine, and the script of it."""
    tree = request.param
    count_cycles_as(monkeypatch, refusing(errno.EACCES) if tree == "disturbed" else counting)
    kernel_gives(monkeypatch, errno.EPERM if tree == "disturbed" else 0)
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

    fixes = [f"{{ {each.fix}; }} || failed_to_change {each.check}" for each in found if each.fix]
    assert (fixes or [":"]) == body(text, "fix")
    assert all(1 == text.count(fix) for fix in fixes)


def test_the_script_undoes_each_fix_in_reverse(written):
    found, text = written

    undoes = [f"{{ {each.undo}; }} || failed_to_change {each.check}" for each in found if each.undo]
    assert (undoes[::-1] or [":"]) == body(text, "undo")


def test_the_script_says_why(written):
    found, text = written

    words = " ".join(text.replace("#", " ").split())
    for each in found:
        for part in (each.evidence, each.effect, each.no_fix):
            if each.status != "ok":
                assert " ".join(part.split()) in words


def test_what_is_changed_at_boot_is_a_comment(tmp_path):
    found = look(plant(tmp_path, DISTURBED))

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


def script_of_disturbed(root: Path, monkeypatch) -> str:
    count_cycles_as(monkeypatch, refusing(errno.EACCES))
    kernel_gives(monkeypatch, errno.EPERM)
    return script(list(look(plant(root, DISTURBED)).values()), "a machine")


def test_the_script_fixes_and_undoes_everything(tmp_path, monkeypatch):
    text = script_of_disturbed(tmp_path, monkeypatch)
    before = contents(tmp_path)

    assert 0 == run_script(tmp_path, text).returncode
    fixed = look(tmp_path)
    assert {"ok"} == {fixed[check].status for check in OK_AT_ONCE}

    assert 0 == run_script(tmp_path, text, "undo").returncode
    after = contents(tmp_path)
    assert before == {path: after[path] for path in before}


def test_a_command_that_fails_does_not_keep_the_others_back(tmp_path, monkeypatch):
    text = script_of_disturbed(tmp_path, monkeypatch)
    (tmp_path / THP).unlink()
    (tmp_path / THP).mkdir()

    done = run_script(tmp_path, text)

    assert 1 == done.returncode
    assert "sh: thp: failed" == done.stderr.splitlines()[-1]
    assert "ok" == look(tmp_path)["max_map_count"].status


def test_a_misspelt_argument_changes_nothing(tmp_path, monkeypatch):
    text = script_of_disturbed(tmp_path, monkeypatch)
    before = contents(tmp_path)

    assert 2 == run_script(tmp_path, text, "--undo").returncode
    after = contents(tmp_path)
    assert before == {path: after[path] for path in before}


def test_what_was_read_cannot_leave_its_comment():
    hostile = Finding(
        "a check", "warning", "x\ntouch disturbed\r\x85touch disturbed", "\u2028rm", no_fix="\nid"
    )

    text = script([hostile], "a machine\nid")

    added = set(text.splitlines()) - set(script([], "a machine").splitlines())
    assert added
    assert all(line.startswith("#") or not line for line in added)
