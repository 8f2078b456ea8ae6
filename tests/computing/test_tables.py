"""Tables are written as Markdown, CSV, LaTeX and JSON, and nothing in a cell gets out of it."""

import csv
import io
import json
import re
from pathlib import Path

import pandas as pd
import pytest
from results_made import Made, suite, write

from pkbench.analysis import read, result_sets
from pkbench.analysis.report.report import write as report
from pkbench.analysis.tables import all_cases
from pkbench.analysis.tables.columns import aligned
from pkbench.analysis.tables.table import FORMATS, Table

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


def test_every_table_is_there_in_every_format(folder: Path) -> None:
    suffixes = {suffix for suffix, _ in FORMATS.values()}
    stems = {path.stem for path in folder.iterdir()}
    assert {"silicon-cases", "silicon-switch", "silicon-side-by-side", "support"} <= stems
    assert {f"{stem}{suffix}" for stem in stems for suffix in suffixes} == {
        path.name for path in folder.iterdir()
    }


def test_a_unit_that_a_column_shares_stands_in_its_heading() -> None:
    shared = table(["920 ns", "–", "37.1 ns", "1 to 2 ns"]).with_units()
    assert ["case", "cost (ns)"] == shared.headings
    assert ["920", "–", "37.1", "1 to 2"] == [row[1] for row in shared.rows]
    mixed = table(["920 ns", "1.83 µs"]).with_units()
    assert ["case", "cost"] == mixed.headings
    assert "| case 1 | 1.83 µs |" in mixed.markdown()


def test_units_stand_in_the_headings_of_the_numbers(folder: Path) -> None:
    (header, *_) = csv.reader((folder / "silicon-cases.csv").read_text().splitlines())
    assert {"gross (s)", "low (s)", "net (s)", "cycles (cycles)", "processes"} <= set(header)
    (header, *_) = csv.reader((folder / "path-length-cases.csv").read_text().splitlines())
    assert "gross (instructions)" in header
    columns = json.loads((folder / "silicon-side-by-side.json").read_text())["columns"]
    assert {"case": "", "'=1+1 gross".lstrip("'"): "s"}.items() <= {
        column["name"]: column["unit"] for column in columns
    }.items()


def test_json_holds_the_numbers_and_null_for_what_is_missing(folder: Path) -> None:
    def refuse(word: str) -> None:
        raise AssertionError(word)

    for path in folder.glob("*.json"):
        found = json.loads(path.read_text(), parse_constant=refuse)
        assert all(len(found["columns"]) == len(row) for row in found["rows"])
    found = json.loads((folder / "silicon-cases.json").read_text(), parse_constant=refuse)
    names = [column["name"] for column in found["columns"]]
    rows = {row[names.index("case")]: dict(zip(names, row, strict=True)) for row in found["rows"]}
    assert 1e-7 == rows["syscall/getppid"]["gross"]
    assert rows["syscall/getppid"]["net"] is None


@pytest.mark.parametrize("start", ["=", "+", "-", "@"])
def test_no_cell_of_a_csv_file_is_a_formula(start: str) -> None:
    cell = f"{start}cmd|' /C calc'!A0"
    made = table([cell], heading=cell)
    (_, (_, found)) = csv.reader(io.StringIO(made.csv(), newline=""))
    assert f"'{cell}" == found
    headed = Table("made", "", [cell], [], pd.DataFrame({cell: [-1.5]}))
    assert [[f"'{cell}"], ["-1.5"]] == list(csv.reader(io.StringIO(headed.csv(), newline="")))


def test_no_cell_of_a_csv_file_ends_a_line() -> None:
    made = table(["\r=1", "\t=1", "a\n=1"])
    rows = list(csv.reader(io.StringIO(made.csv(), newline="")))
    assert ["cell", "�=1", "�=1", "a =1"] == [row[1] for row in rows]


def test_a_machines_name_is_no_formula_in_any_csv_file(folder: Path) -> None:
    for path in folder.glob("*.csv"):
        for row in csv.reader(path.read_text().splitlines()):
            assert not [cell for cell in row if re.match(r"[=+@\t\r]|-(?![\d.])", cell)]


def test_markdown_keeps_a_hostile_cell_in_its_cell() -> None:
    made = table([HOSTILE]).markdown().splitlines()[-1]
    assert 3 == len(re.findall(r"(?<!\\)\|", made))
    assert "<b>" not in made
    assert not re.search(r"(?<!\\)`", made)


def unescaped(text: str) -> str:
    """Take away what is meant as LaTeX's, and leave what the text had."""
    text = re.sub(r"\\(text[a-z]+|ensuremath\{\\[a-z]+\}|ldots)(\{\})?", "", text)
    return re.sub(r"\\[{}$&#_%]|\{\[\}|\{\]\}|\{''\}|(?<=-)\{\}(?=-)", "", text)


def test_no_character_means_anything_to_latex() -> None:
    for character in [*map(chr, range(32, 256)), *"…–“”≤→中🙂\u202e\ufffd"]:
        lines = table([character * 3]).latex().splitlines()
        line = next(line for line in lines if "case 0" in line)
        cell = line.removeprefix("case 0 & ").removesuffix(r" \\")
        assert not re.search(r"[\\{}$&#^_%]", unescaped(cell)), character
        assert cell.isascii()


def test_latex_has_a_line_a_row_ruled_as_booktabs_does(folder: Path) -> None:
    text = (folder / "path-length-cases.tex").read_text()
    assert r"switch/mprotect/pages:1" in text
    for rule in (r"\toprule", r"\midrule", r"\bottomrule"):
        assert 1 == text.count(rule)
    assert r"\usepackage{booktabs}" in text
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert 1 == len({line.count("&") for line in rows})


def test_a_long_table_breaks_over_pages() -> None:
    assert r"\begin{longtable}" in table(["1"] * 41).latex()
    assert r"\begin{tabular}" in table(["1"] * 40).latex()


def test_counts_have_their_unit_in_the_heading(tmp_path: Path) -> None:
    made = suite([Made("a/b", [[5396.0]])], evidence="path length")
    (result_set,) = result_sets([read(write(tmp_path / "r.json", made))])
    assert "| as measured (instructions) |" in all_cases.table(result_set).markdown()


def test_columns_line_up_with_text_to_the_left_and_numbers_to_the_right() -> None:
    rows = [("case", "cost", "unit"), ("a/b", "7", "ns"), ("longer/name", "1,234", "")]

    assert ["case          cost  unit", "a/b              7    ns", "longer/name  1,234"] == (
        aligned(rows, text_columns=1)
    )
    assert ["case         cost   unit", "a/b          7      ns", "longer/name  1,234"] == (
        aligned(rows)
    )
    assert [] == aligned([])
