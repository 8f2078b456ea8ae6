"""Hold a table, and write it as Markdown, LaTeX, CSV or JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import pandas as pd

from ..reading.bounded_json import clean
from . import latex

NOT_MEASURED = "–"
UNIT = re.compile(r"(?P<figure>.*\d) (?P<unit>ns|µs|ms|s)")
# A spreadsheet takes these as the start of a formula (OWASP, "CSV Injection").
FORMULA = ("=", "+", "-", "@")
# Columns whose numbers are in the table's unit.
FIGURES = re.compile(
    r"gross|low|high|net|net_low|net_high|floor_value|value|smallest|largest|user_mode|call|page"
    r"|.+ gross"
)
CYCLES = re.compile(r"(net_)?cycles(_low|_high)?")


@dataclass(frozen=True)
class Table:
    """Rows of text under headings, with the numbers behind them."""

    name: str
    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    data: pd.DataFrame
    note: str = ""
    text_columns: int = 1  # the first columns that are text; the others are numbers
    unit: str = ""  # of the numbers, where the data have no column `unit`

    @property
    def width(self) -> int:
        """The number of columns."""
        return len(self.headings)

    def markdown(self) -> str:
        """Return the table as Markdown."""
        shown = self.with_units()
        aligned = ["---" if place < self.text_columns else "--:" for place in range(self.width)]
        cells = [[_cell(text) for text in line] for line in (shown.headings, *shown.rows)]
        lines = [cells[0], aligned, *cells[1:]]
        body = "\n".join(f"| {' | '.join(line)} |" for line in lines)
        note = f"\n{_cell(self.note)}\n" if self.note else ""
        return f"## {_cell(self.title)}\n\n{body}\n{note}"

    def latex(self) -> str:
        """Return the table as LaTeX, ruled as booktabs does."""
        shown = self.with_units()
        return latex.table(
            shown.title, shown.headings, shown.rows, shown.note, shown.text_columns, shown.name
        )

    def csv(self) -> str:
        """Return the numbers behind the table as CSV, their units in the headings."""
        data = self.data.copy(deep=False)
        for column in data.columns:
            if not pd.api.types.is_numeric_dtype(data[column]):
                data[column] = data[column].map(_no_formula)
        headings = [str(_no_formula(text)) for text in self._data_headings()]
        return str(data.to_csv(index=False, header=headings, lineterminator="\n"))

    def json(self) -> str:
        """Return the numbers behind the table as JSON, with each column's unit."""
        names = [str(column) for column in self.data.columns]
        columns = [self.data.iloc[:, place] for place in range(len(names))]
        found = {
            "name": self.name,
            "title": self.title,
            "columns": [{"name": name, "unit": self._unit(name)} for name in names],
            "rows": [list(row) for row in zip(*map(_plain_column, columns), strict=True)],
            "note": self.note,
        }
        return json.dumps(found, ensure_ascii=False, allow_nan=False, indent=1) + "\n"

    def with_units(self) -> Table:
        """Return the table with each unit that all cells of a column share moved to its heading."""
        columns = [list(column) for column in zip(*self.rows, strict=True)]
        headings = list(self.headings)
        for place, cells in enumerate(columns):
            if place >= self.text_columns and (unit := _shared_unit(cells)):
                headings[place] = f"{headings[place]} ({unit})"
                columns[place] = [text.removesuffix(f" {unit}") for text in cells]
        rows = list(zip(*columns, strict=True)) if columns else list(self.rows)
        return Table(self.name, self.title, headings, rows, self.data, self.note, self.text_columns)

    def _data_headings(self) -> list[str]:
        names = [str(column) for column in self.data.columns]
        return [f"{name} ({unit})" if (unit := self._unit(name)) else name for name in names]

    def _unit(self, column: str) -> str:
        """Return the unit of a column of the data, "" for none."""
        if CYCLES.fullmatch(column):
            return "cycles"
        if not FIGURES.fullmatch(column):
            return ""
        units = set(self.data["unit"].dropna()) if "unit" in self.data else {self.unit}
        return str(*units) if len(units) == 1 else ""


FORMATS: Mapping[str, tuple[str, Callable[[Table], str]]] = {
    "md": (".md", Table.markdown),
    "csv": (".csv", Table.csv),
    "latex": (".tex", Table.latex),
    "json": (".json", Table.json),
}


def write(folder: Path, stem: str, table: Table, formats: Sequence[str] = tuple(FORMATS)) -> None:
    """Write a table into a folder, a file for each of FORMATS asked for: `stem` and its ending."""
    for name in formats:
        suffix, text = FORMATS[name]
        (folder / f"{stem}{suffix}").write_text(text(table), encoding="utf-8")


def _shared_unit(cells: Sequence[str]) -> str:
    """Return the unit that all cells with a number end in, "" where they differ."""
    found = [UNIT.fullmatch(text) for text in cells if text not in ("", NOT_MEASURED)]
    units = {match["unit"] if match else "" for match in found}
    return units.pop() if len(units) == 1 else ""


def _cell(text: str) -> str:
    """Return text that can't end a cell or begin a tag or a link in Markdown."""
    for mark in "\\`*_[]<>|#":
        text = text.replace(
            mark, f"\\{mark}" if mark in "\\`*_[]|#" else {"<": "&lt;", ">": "&gt;"}[mark]
        )
    return text


def _no_formula(value: object) -> object:
    """Return a cell that is no formula to a spreadsheet and holds no line break."""
    if not isinstance(value, str):
        return value
    text = clean(value)
    return f"'{text}" if text.startswith(FORMULA) else text


def _plain_column(column: pd.Series[Any]) -> list[Any]:
    """Return a column's values as JSON can hold them."""
    values = column.tolist()
    if column.dtype.kind == "f":
        return [value if isfinite(value) else None for value in values]
    return [value if type(value) in (str, int, bool) else _plain(value) for value in values]


def _plain(value: Any) -> Any:
    """Return a value as JSON can hold it, a missing one as null."""
    if isinstance(value, (list, tuple)):
        return [_plain(each) for each in value]
    if pd.isna(value) or value in (float("inf"), float("-inf")):
        return None
    return value.item() if hasattr(value, "item") else value
