"""Setting up by `make`: what is missing ends it at once, in one sentence that names it."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import needs
import pytest
from places import ROOT

TOOLS = ("sh", "find", "make")
# A Python that is like ours but for one thing: the command that asks for it fails.
PYTHON = """#!/bin/sh
case "$2" in {pattern}) exit 1;; esac
exec {python} "$@"
"""

Make = Callable[..., str]


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Run `make run` in a folder that holds no .venv, with nothing in PATH but what it is given."""
    place, programs = tmp_path / "place", tmp_path / "programs"
    (place / "native").mkdir(parents=True)
    programs.mkdir()
    shutil.copy(ROOT / "Makefile", place)
    (place / "pyproject.toml").touch()
    for tool in TOOLS:
        (programs / tool).symlink_to(needs.program(tool))

    def run(*arguments: str, lacking: str = "", python: bool = True, compiler: bool = True) -> str:
        if python:
            script = programs / "python3"
            script.write_text(PYTHON.format(pattern=lacking or "nothing", python=sys.executable))
            script.chmod(0o755)
        if compiler:
            for tool in ("cc", "as", "ld"):
                (programs / tool).symlink_to(needs.program(tool))
        environment = {"PATH": str(programs), "HOME": str(tmp_path)}
        done = subprocess.run(
            ["make", "run", *arguments],
            cwd=place,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert not (place / ".venv").exists()
        assert done.stdout == ""
        assert done.stderr.count("\n") == 1
        return done.stderr

    return run


def test_no_python(make: Make) -> None:
    assert "pkbench needs Python 3.11 or newer: install python3 " in make(python=False)


def test_an_old_python_is_none(make: Make) -> None:
    assert "pkbench needs Python 3.11 or newer: install python3 " in make(lacking="*version_info*")


def test_an_old_python_that_is_named(make: Make, tmp_path: Path) -> None:
    named = f"PYTHON={tmp_path}/programs/python3"

    assert "python3 is not: name another by PYTHON=" in make(named, lacking="*version_info*")


def test_no_venv_module(make: Make) -> None:
    said = make(lacking="*ensurepip*")

    assert "Python's venv module: install python3-venv (Debian, Ubuntu) or python3 (Fedora)" in said


def test_no_python_headers(make: Make) -> None:
    said = make(lacking="*Python.h*")

    assert "headers: install python3-dev (Debian, Ubuntu) or python3-devel (Fedora)" in said


def test_no_compiler(make: Make) -> None:
    said = make(compiler=False)

    assert "a C compiler and the C library's headers" in said
    assert "gcc and libc6-dev (Debian, Ubuntu) or gcc and glibc-devel (Fedora)" in said


def test_the_continuous_integration_script_is_sound_bash() -> None:
    script = ROOT / ".ci" / "run"

    subprocess.run([needs.program("bash"), "-n", str(script)], check=True)
    assert os.access(script, os.X_OK)
