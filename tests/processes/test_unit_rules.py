"""What a unit test may not do makes it fail, whatever is caught on the way."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from places import TESTS

MADE = """
def test_made():
    import os, subprocess, time
    try:
        {does}
    except Exception:
        pass
"""


def run(folder: Path, does: str) -> str:
    shutil.copy(TESTS / "unit" / "conftest.py", folder)
    (folder / "pytest.ini").write_text("[pytest]\nmarkers = unit: a unit test\n")
    (folder / "test_made.py").write_text(MADE.format(does=does))
    command = [sys.executable, "-P", "-m", "pytest", "-q", "-p", "no:cacheprovider", str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "CI"}
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=False, env=environment
    ).stdout


@pytest.mark.parametrize(
    ("does", "said"),
    [
        ("subprocess.run(['true'])", "starts a process"),
        ("os.system('true')", "starts a process"),
        ("time.sleep(0)", "sleeps"),
        ("[None for _ in iter(lambda: time.process_time() > 4, True)]", "s of CPU time"),
    ],
)
def test_a_unit_test_that_waits_or_works_long_fails(tmp_path: Path, does: str, said: str) -> None:
    told = run(tmp_path, does)

    assert "1 failed" in told
    assert said in told


def test_a_unit_test_that_does_neither_passes(tmp_path: Path) -> None:
    assert "1 passed" in run(tmp_path, "len([])")
