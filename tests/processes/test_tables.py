"""Tables from the command line, and as LaTeX takes them."""

import shutil
import subprocess
from pathlib import Path

import pandas as pd
import pytest
from command_line import pkbench, refused
from results_made import Made, suite, write

from pkbench.analysis.report.report import write as report
from pkbench.analysis.tables.table import Table

HOSTILE = (
    "\\input{/etc/passwd} $x$ & 50% #1 a_b ^~ | <b>`x`</b> [1] {} -- \"q\" 'p' – µ × 中 \ufffd"
)


def table(cells: list[str], *, heading: str = "cost", text_columns: int = 1) -> Table:
    rows = [[f"case {place}", cell] for place, cell in enumerate(cells)]
    data = pd.DataFrame({"case": [row[0] for row in rows], "cell": cells})
    return Table("made", "Made", ["case", heading], rows, data, text_columns=text_columns)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tables of a report of two machines, with and without counts."""
    folder = tmp_path_factory.mktemp("tables")
    values = [[1e-6 + place * 1e-9] for place in range(8)]
    cases = [
        Made("switch/mprotect/pages:1", values, floor="syscall/getppid"),
        Made("switch/wrpkru-raw/pages:1", [[2e-8]] * 8),
        Made("protect/mprotect-rw-ro/pages:1", values),
        Made("protect/mprotect-rw-ro/pages:8", [[5e-6]] * 8),
        Made("syscall/getppid", [[1e-7]] * 8),
    ]
    counts = [Made("switch/mprotect/pages:1", [[5396.0]])]
    made = [
        suite(cases, machine={"name": "=1+1"}),
        suite(cases, machine={"name": HOSTILE}),
        suite(counts, evidence="path length"),
    ]
    paths = [write(folder / f"{place}.json", each) for place, each in enumerate(made)]
    return report(paths, folder / "report").parent / "tables"


@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="there is no LaTeX here")
def test_latex_compiles_every_table(folder: Path, tmp_path: Path) -> None:
    inputs = "\n".join(rf"\input{{{path}}}" for path in sorted(folder.glob("*.tex")))
    every = table([chr(code) for code in range(32, 256) if chr(code).isprintable()] + [HOSTILE])
    (tmp_path / "every.tex").write_text(every.latex(), encoding="utf-8")
    document = tmp_path / "all.tex"
    document.write_text(
        "\\documentclass{article}\n\\usepackage{booktabs,longtable}\n\\begin{document}\n"
        f"{inputs}\n\\input{{every}}\n\\end{{document}}\n"
    )
    command = ("pdflatex", "-halt-on-error", "-interaction=nonstopmode", "-no-shell-escape", "all")
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, check=False, errors="replace"
    )
    assert 0 == done.returncode, done.stdout[-2000:]


def test_only_the_formats_that_are_asked_for_are_written(folder: Path, tmp_path: Path) -> None:
    result = folder.parents[1] / "2.json"
    done = pkbench("report", str(result), "-o", str(tmp_path / "new"), "--tables", "json,latex")
    assert 0 == done.returncode, done.stderr
    assert {".json", ".tex"} == {path.suffix for path in (tmp_path / "new/tables").iterdir()}


def test_a_format_that_there_is_not_is_refused(folder: Path) -> None:
    refused(pkbench("report", "x.json", "--tables", "md,docx"), "docx", "md, csv, latex, json")
