"""Who may know whom, and what may stand in no file."""

import ast
import graphlib
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

# The layers of each house. A module imports only from its own layer's folder and the lines above.
PKBENCH = (
    {"_native", "quantities", "machine", "turns", "resultfile"},
    {"cases"},
    {"kernels"},
    {"worker"},
    {"doctor"},
    {"run"},
    {"count", "profiler"},
    {"tracing"},
    {"analysis"},
    {"cli"},
)
ANALYSIS_LAYERS = (
    {"interval"},
    {"formatting"},
    {"reading"},
    {"estimate"},
    {"derive"},
    {"tables"},
    {"compare", "figures", "flame"},
    {"profiles"},
    {"report"},
    {"experiments", "notebook"},
)
# Who sees C: constants come from there, and a return code goes no further.
SEAM = {
    "cases.catalogue",
    "worker.core_clock",
    "worker.event_counters",
    "worker.session",
}
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


def dotted(path: Path) -> str:
    """Return a module's name as it is imported."""
    below = path.relative_to(ANALYSIS if ANALYSIS in path.parents else TOOL).with_suffix("")
    house = ["pkbench", "analysis"] if ANALYSIS in path.parents else ["pkbench"]
    return ".".join([*house, *(part for part in below.parts if part != "__init__")])


def imported(path: Path) -> Iterator[str]:
    """Give the full names that a module imports, wherever in it."""
    package = dotted(path).split(".")
    if path.name != "__init__.py":
        package = package[:-1]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = package[: len(package) - node.level + 1] if node.level else []
            base = ".".join([*start, *(node.module.split(".") if node.module else [])])
            yield from (f"{base}.{alias.name}" for alias in node.names)


def imports(path: Path, known: set[str]) -> set[str]:
    """Return the modules of both houses that a module imports, besides itself."""
    found = set()
    for name in imported(path):
        module = name
        while module and module not in known:
            module = module.rpartition(".")[0]
        found.add(module)
    return found - {"", "pkbench", "pkbench.analysis", dotted(path)}


def place(module: str, house: str) -> str:
    """Return the folder, or module, directly below a house that a module belongs to."""
    below = module.removeprefix("pkbench.")
    return (below.removeprefix("analysis.") if house == "analysis" else below).split(".")[0]


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


HOUSES = {
    "pkbench": (modules(), PKBENCH),
    "analysis": (sorted(ANALYSIS.rglob("*.py")), ANALYSIS_LAYERS),
}
KNOWN = {dotted(path) for paths, _ in HOUSES.values() for path in paths} | {"pkbench._native"}


@pytest.mark.parametrize("house", HOUSES)
def test_every_module_has_its_place_in_the_table(house: str) -> None:
    paths, layers = HOUSES[house]
    placed = [name for layer in layers for name in layer]
    own = {place(dotted(path), house) for path in paths}

    assert len(placed) == len(set(placed))
    assert own - {"pkbench", "analysis"} == set(placed) - {"_native", "analysis"}


@pytest.mark.parametrize(
    ("house", "path"),
    [(house, path) for house, (paths, _) in HOUSES.items() for path in paths],
    ids=lambda value: dotted(value) if isinstance(value, Path) else value,
)
def test_a_module_imports_only_from_above(house: str, path: Path) -> None:
    layers = HOUSES[house][1]
    own = place(dotted(path), house)
    above: set[str] = set()
    for layer in layers:
        if own in layer:
            break
        above |= layer
    names = {place(module, house) for module in imports(path, KNOWN)}

    if dotted(path) not in ("pkbench", "pkbench.analysis"):
        assert names - {own} <= above


def test_no_modules_import_each_other_in_a_circle() -> None:
    graph = {
        dotted(path): imports(path, KNOWN) - {dotted(path).rpartition(".")[0]}
        for paths, _ in HOUSES.values()
        for path in paths
    }

    graphlib.TopologicalSorter(graph).prepare()


# What writes text. It takes its tables from `derive`, so that it needs no figure.
TEXTS = re.compile(r"analysis\.(compare|tables|report\.(summary|machines_summary|method))\b")


@pytest.mark.parametrize("path", sorted(ANALYSIS.rglob("*.py")), ids=dotted)
def test_text_needs_no_figure_and_only_figures_draw(path: Path) -> None:
    drawing = {name for name in imported(path) if name.startswith("matplotlib")}
    figures = {name for name in imports(path, KNOWN) if ".analysis.figures" in name}

    if TEXTS.search(dotted(path)):
        assert figures == set()
    if place(dotted(path), "analysis") not in ("figures", "notebook"):
        assert drawing == set()


def test_tables_are_computed_and_not_drawn() -> None:
    """Drawing takes a table: it sees no result set and no estimates."""
    for path in sorted((ANALYSIS / "figures" / "drawing").glob("*.py")):
        names = {place(name, "analysis") for name in imports(path, KNOWN)}
        assert names <= {"figures", "derive", "formatting"}, dotted(path)


def test_few_modules_see_the_native_code() -> None:
    seeing = {dotted(path) for path in modules() if "pkbench._native" in imports(path, KNOWN)}

    assert {module.removeprefix("pkbench.") for module in seeing} == SEAM


def test_only_the_command_line_knows_the_analysis() -> None:
    knowing = {
        place(dotted(path), "pkbench")
        for path in modules()
        if any(module.startswith("pkbench.analysis.") for module in imports(path, KNOWN))
    }

    assert knowing == {"cli"}


@pytest.mark.parametrize("path", sorted(ANALYSIS.rglob("*.py")), ids=dotted)
def test_the_analysis_imports_nothing_of_the_tool(path: Path) -> None:
    for name in imported(path):
        assert not name.startswith("pkbench") or name.startswith("pkbench.analysis"), name


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
