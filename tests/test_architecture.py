"""Who may know whom, and what may stand in no file."""

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
TOOL = ROOT / "pkbench"
ANALYSIS = ROOT / "analysis"

# A module imports only from the lines above its own. A package stands for all its modules.
LAYERS = (
    {"_native", "kernel_counters", "points", "profiles", "quantities", "machine", "turns"},
    {"chains", "crowding", "journal", "resultfile"},
    {"emulator", "initramfs", "kernel_image", "packages"},
    {"catalogue", "doctor", "kernels", "guest_machine"},
    {"event_counters", "selection", "session", "order", "precision", "counted", "surroundings"},
    {"values"},
    {"worker", "parcel", "launch", "answers", "path_length"},
    {"schedule", "guest", "profiler"},
    {"measurement", "tracing"},
    {"counting"},
    {"analysis"},
    {"cli"},
)
# Who sees C: constants come from there, and a return code goes no further.
SEAM = {"catalogue", "chains", "event_counters", "session"}
# What costs more than a worker itself.
SLOW = {"pyperf", "numpy", "pandas", "matplotlib", "scipy", "jinja2", "rich", "click"}

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


def modules() -> list[Path]:
    """Return the tool's modules, without the analysis."""
    return [
        path for path in TOOL.rglob("*.py") if ANALYSIS.name not in path.relative_to(TOOL).parts
    ]


def top_level(path: Path) -> str:
    """Return the name directly below pkbench that a module belongs to."""
    return path.relative_to(TOOL).parts[0].removesuffix(".py")


def imported(path: Path) -> Iterator[str]:
    """Give the full names that a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = "." * node.level + (f"{node.module}." if node.module else "")
            yield from (start + alias.name for alias in node.names)


def of_the_tool(path: Path) -> set[str]:
    """Return the names directly below pkbench that a module imports, besides its own."""
    names = {name.split(".")[1] for name in imported(path) if name.startswith("pkbench.")}
    return names - {top_level(path)}


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


def test_every_module_has_its_place_in_the_table() -> None:
    placed = [name for layer in LAYERS for name in layer]

    assert len(placed) == len(set(placed))
    assert {top_level(path) for path in modules()} - {"__init__"} == set(placed) - {
        "_native",
        "analysis",
    }


@pytest.mark.parametrize("path", modules(), ids=top_level)
def test_a_module_imports_only_from_above(path: Path) -> None:
    above: set[str] = set()
    for layer in LAYERS:
        if top_level(path) in layer:
            break
        above |= layer

    assert of_the_tool(path) <= above


def test_few_modules_see_the_native_code() -> None:
    assert {top_level(path) for path in modules() if "_native" in of_the_tool(path)} == SEAM


def test_only_the_command_line_knows_the_analysis() -> None:
    assert {top_level(path) for path in modules() if "analysis" in of_the_tool(path)} == {"cli"}


@pytest.mark.parametrize("path", sorted(ANALYSIS.rglob("*.py")), ids=lambda path: path.stem)
def test_the_analysis_imports_nothing_of_the_tool(path: Path) -> None:
    depth = len(path.relative_to(ANALYSIS).parts)

    for name in imported(path):
        assert not name.startswith("pkbench")
        assert len(name) - len(name.lstrip(".")) <= depth, f"{name} is outside the analysis"


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a fresh Python."""
    return subprocess.run([sys.executable, *arguments], capture_output=True, text=True, check=False)


def test_the_analysis_does_without_the_native_code() -> None:
    code = "import sys; sys.modules['pkbench._native'] = None; import pkbench.analysis.report"

    assert python("-c", code).stderr == ""


def test_a_report_does_without_scipy() -> None:
    code = "import sys; import pkbench.analysis.report; print('scipy' in sys.modules)"

    assert python("-c", code).stdout == "False\n"


def test_a_worker_that_measures_imports_nothing_slow() -> None:
    task = {"case": "syscall/getppid", "loops": 10, "warmups": 0}
    task |= {"piece_loops": 1, "values": 1, "most_values": 1, "best_nop_cycles": 0}
    command = [sys.executable, "-X", "importtime", "-P", "-m", "pkbench.parcel"]
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
