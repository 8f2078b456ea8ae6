"""What is imported only where it is needed, and what may stand in no file."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest
from places import ROOT

# What costs more than a worker itself.
SLOW = {"pyperf", "numpy", "pandas", "matplotlib", "scipy", "jinja2", "rich", "click"}

KERNELS = ("6.16.12", "6.19.14")  # counted with few cases: quick to read

# In parts, or this file would hold them.
LOOSE_ENDS = re.compile("|".join(("TO" + "DO", "FIX" + "ME", r"\bX" + r"XX\b")))
HOSTS = re.compile(
    "|".join((r"pypi\." + "org", r"python" + r"hosted\.", r"(deb|security)\.debian\."))
)
PLACES = re.compile(r"(?<![\w.])/(root|work|farm)/\w")
LOCKS = re.compile(r"(uv|poetry|pylock|package-lock)\.?(lock|toml|json)")
READABLE = {
    ".py",
    ".pyi",
    ".c",
    ".h",
    ".txt",
    ".toml",
    ".md",
    ".html",
    ".css",
    ".js",
    ".json",
    ".csv",
    "",
}


def committed() -> list[Path]:
    """Return the files that git knows: none where this is no checkout."""
    done = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    names = done.stdout.split("\0") if done.returncode == 0 else []
    return [path for name in names if name and (path := ROOT / name).is_file()]


def text_files() -> list[Path]:
    """Return the committed files that hold text."""
    return [path for path in committed() if path.suffix in READABLE]


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh Python."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_the_analysis_does_without_the_native_code() -> None:
    code = (
        "import sys; sys.modules['pkbench._native'] = None; import pkbench.analysis.report.report"
    )

    assert python("-c", code).stderr == ""


def test_a_report_does_without_scipy() -> None:
    code = "import sys; import pkbench.analysis.report.report; print('scipy' in sys.modules)"

    assert python("-c", code).stdout == "False\n"


@pytest.mark.parametrize("verb", ["compare", "gate"])
def test_comparing_draws_nothing(verb: str) -> None:
    results = [str(ROOT / f"results/path-length-linux-{kernel}.json.gz") for kernel in KERNELS]
    code = (
        "import atexit, sys; from pkbench.cli import main; "
        "atexit.register(lambda: print('matplotlib' in sys.modules)); main()"
    )
    done = python("-P", "-c", code, verb, *results)

    assert "new ÷ base" in done.stdout, done.stderr
    assert "False" == done.stdout.splitlines()[-1]


def test_a_worker_that_measures_imports_nothing_slow() -> None:
    task = {"case": "syscall/getppid", "loops": 10, "warmups": 0}
    task |= {"piece_loops": 1, "values": 1, "most_values": 1, "best_nop_cycles": 0}
    command = [sys.executable, "-X", "importtime", "-P", "-m", "pkbench.worker.process"]
    done = subprocess.run(
        command, input=json.dumps([task]), capture_output=True, text=True, check=False
    )
    loaded = {
        name.split(".")[0]
        for name in re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE)
    }

    assert done.returncode == 0
    assert not loaded & SLOW


@pytest.mark.parametrize(
    "unwanted", [LOOSE_ENDS, HOSTS, PLACES], ids=["loose ends", "hosts", "places"]
)
def test_no_file_holds_what_should_not_land(unwanted: re.Pattern[str]) -> None:
    found = [
        f"{path.relative_to(ROOT)}:{number}: {line.strip()[:100]}"
        for path in text_files()
        for number, line in enumerate(path.read_text().splitlines(), start=1)
        if unwanted.search(line)
    ]

    assert found == []


def test_no_lock_file_is_committed() -> None:
    assert [path for path in committed() if LOCKS.fullmatch(path.name)] == []
