"""Who may know whom, and what may stand in no file."""

import ast
import graphlib
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from places import ROOT

TOOL = ROOT / "pkbench"
ANALYSIS = ROOT / "analysis"
NATIVE = ROOT / "native"

# The layers of each house. A module, or a C file, uses only its own folder and the lines above.
PKBENCH = (
    {"_native", "quantities", "machine", "turns", "version", "resultfile", "system_call"},
    {"perf_event"},
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
NATIVE_LAYERS = (
    {"interface", "prelude", "reason", "benchmark"},
    {"cpu"},
    {"memory"},
    {"parallel"},
    {"machine"},
    {"families"},
    {"registry"},
    {"timing"},
    {"guest"},
)
# Who sees C: constants come from there, and a return code goes no further.
SEAM = {
    "cases.catalogue",
    "worker.core_clock",
    "worker.event_counters",
    "worker.session",
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


C_COMMENT_OR_TEXT = re.compile(r"/\*.*?\*/|//[^\n]*|\"(?:\\.|[^\"\\\n])*\"", re.DOTALL)
C_FUNCTION = re.compile(r"^(?!static\b)\w[\w *]*?\b(\w+)\([^;{}]*\)\n\{", re.MULTILINE)
C_DECLARATION = re.compile(r"^\w[\w *]*\([^;{}]*;", re.MULTILINE)
C_INCLUDE = re.compile(r'^#include "([^"]+)"', re.MULTILINE)


def c_files() -> list[Path]:
    """Return the native sources and headers."""
    return sorted([*NATIVE.rglob("*.c"), *NATIVE.rglob("*.h")])


def c_uses() -> dict[Path, set[Path]]:
    """Return for each native file the headers it includes, and the sources it calls."""
    texts = {path: path.read_text() for path in c_files()}
    code = {path: C_COMMENT_OR_TEXT.sub(" ", text) for path, text in texts.items()}
    home = {name: path for path, text in code.items() for name in C_FUNCTION.findall(text)}
    uses = {}
    for path, text in texts.items():
        included = {
            next(file for folder in (path.parent, NATIVE) if (file := folder / name).is_file())
            for name in C_INCLUDE.findall(text)
        }
        words = re.findall(r"\w+", C_DECLARATION.sub("", code[path]))
        called = {home[word] for word in words if word in home}
        uses[path] = (included | called) - {path}
    return uses


C_USES = c_uses()


def c_place(path: Path) -> str:
    """Return the folder, or file, directly below native/ that a C file belongs to."""
    return path.relative_to(NATIVE).parts[0].split(".")[0]


def test_every_native_file_has_its_place_in_the_table() -> None:
    placed = [name for layer in NATIVE_LAYERS for name in layer]

    assert len(placed) == len(set(placed))
    assert {c_place(path) for path in C_USES} == set(placed)


@pytest.mark.parametrize("path", C_USES, ids=lambda path: str(path.relative_to(NATIVE)))
def test_a_native_file_uses_only_what_is_above(path: Path) -> None:
    own = c_place(path)
    above: set[str] = set()
    for layer in NATIVE_LAYERS:
        above |= layer
        if own in layer:
            break

    assert {c_place(used) for used in C_USES[path]} <= above


def test_no_family_of_benchmarks_uses_another() -> None:
    for path, uses in C_USES.items():
        families = {used.parent for used in uses if c_place(used) == "families"}

        assert c_place(path) != "families" or families <= {path.parent}, path


def test_no_native_files_use_each_other_in_a_circle() -> None:
    graphlib.TopologicalSorter(C_USES).prepare()
