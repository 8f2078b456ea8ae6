"""Give the details of each case: every value, the readings with it, and its profile."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd
from markupsafe import Markup

from ... import formatting
from ...estimate.result_set import ResultSet
from ...profiles.why import Profiles, Why
from ...reading.fields import text_of
from ...reading.result import Result
from ...tables.case_coverage import NOT_ASKED
from . import run_order
from .baseline import Place
from .listing import Cell, Line, Listing
from .values_by_case import CaseValues, values_by_case

MOST_VALUES = 60_000  # some 6 MB of page; with more values the page has no details
SLOPE = "from the slope"
COUNTED = {
    "faults": "page faults",
    "switches": "context switches",
    "tlb_shootdowns": "TLB-shootdown interrupts (all CPUs)",
    "function_call_interrupts": "function-call interrupts",
    "steal": "seconds of steal time",
    "core_cycles": "counted core cycles per operation",
    "retired_instructions": "instructions retired per operation",
    "dtlb_load_misses": "data-TLB load misses per operation",
    "page_walk_cycles": "page-walk cycles per operation",
}
# Only these go into a command to repeat a case: a file may contain any text as its preset.
PRESETS = ("quick", "standard", "publish")


@dataclass(frozen=True)
class ProcessRow:
    """The values of one process, as a row of text."""

    number: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class OnMachine:
    """A case on one machine."""

    machine: str
    cell: Cell
    repeat: str  # the command to type; "" where it was not asked for
    facts: Sequence[tuple[str, str]] = ()
    zeros: str = ""  # the readings that are zero for every value
    plot: Markup | None = None
    plot_top: str = ""
    plot_bottom: str = ""
    columns: Sequence[str] = ()
    processes: Sequence[ProcessRow] = ()
    profile: Why | None = None


@dataclass(frozen=True)
class CaseDetails:
    """The details of a case on all machines."""

    line: Line
    machines: Sequence[OnMachine]


@dataclass(frozen=True)
class Details:
    """The details of all cases of one kind of evidence."""

    listing: Listing
    profiles: Profiles = field(default_factory=Profiles)

    @property
    def whole(self) -> bool:
        """Return whether the page holds all values."""
        return len(self.listing.result_set.frame) <= MOST_VALUES

    def by_family(self) -> Iterator[tuple[str, list[CaseDetails]]]:
        """Give the details of each family's cases."""
        for family in self.listing.families:
            lines = [line for line in self.listing.lines if line.family == family]
            yield family, [self._of(line) for line in lines]

    def _of(self, line: Line) -> CaseDetails:
        places = zip(self.listing.result_set.machines, line.cells, strict=True)
        return CaseDetails(
            line, [self._on(line, name, result, cell) for (name, result), cell in places]
        )

    def _on(self, line: Line, name: str, result: Result, cell: Cell) -> OnMachine:
        result_set = self.listing.result_set
        values = self._values.get((name, line.case))
        asked = cell.state != NOT_ASKED
        found = OnMachine(
            name,
            cell,
            repeat=repeat(result, line.case) if asked else "",
            profile=self.profiles.why(
                name, line.case, cell.row["gross"] if cell.measured else None
            ),
        )
        if values is None:
            return found
        columns = _columns(values, result_set.unit)
        found = replace(
            found,
            facts=list(_facts(result_set, cell)),
            zeros=_zeros(values),
            columns=[heading for heading, _ in columns.values()],
            processes=list(_lines(values, columns)),
        )
        return found if result_set.exact else replace(found, **_plot(_values(values), cell))

    @cached_property
    def _values(self) -> dict[Place, CaseValues]:
        if not self.whole:
            return {}
        return values_by_case(self.listing.result_set.frame, ("value", "cycles", *COUNTED))


def _plot(values: Sequence[run_order.Values], cell: Cell) -> dict[str, Any]:
    bottom, top = run_order.bounds(values)
    low, high, unit = (cell.row[fact] for fact in ("low", "high", "unit"))
    return {
        "plot": run_order.plot(values, low, high, unit),
        "plot_top": formatting.cost(top, unit),
        "plot_bottom": formatting.cost(bottom, unit),
    }


def repeat(result: Result, case: str) -> str:
    """Return the command that measures or counts a case again."""
    if result.evidence == "path length":
        kernel = text_of(result.machine.get("kernel")) or "KERNEL"
        return f"pkbench count {shlex.quote(case)} --kernel {shlex.quote(kernel)}"
    preset = f" --preset {result.preset}" if result.preset in PRESETS else ""
    return f"pkbench run {shlex.quote(case)}{preset}"


def _facts(result_set: ResultSet, cell: Cell) -> Iterator[tuple[str, str]]:
    row = cell.row
    interval = f", 95 % interval {cell.interval}" * bool(cell.interval)
    yield "as counted" if result_set.exact else "as measured", f"{cell.cost}{interval}"
    if cycles := formatting.cycles(row["cycles"], row["cycles_low"], row["cycles_high"]):
        yield "core cycles", cycles
    if cell.tick_rate:
        yield "TSC ticks", formatting.figures(row["gross"] * cell.tick_rate)
    if pd.notna(row["net"]):
        cost = SLOPE if row["slope"] else formatting.cost(row["floor_value"], result_set.unit)
        yield "fixed overhead (floor)", f"{row['floor']}: {cost}"
        bounds = f", 95 % interval {cell.net_interval}"
        yield "net of overhead", f"{cell.net}{bounds * bool(cell.net_interval)}"
        if cycles := formatting.net_cycles(row):
            yield "net core cycles", cycles
    yield "based on", _basis(result_set, row)
    if cell.remark:
        yield "remark", cell.remark


def _basis(result_set: ResultSet, row: Mapping[str, Any]) -> str:
    if result_set.exact:
        boots = formatting.count(row["processes"], "boot")
        if row["smallest"] == row["largest"]:
            return boots
        longest = formatting.instructions(row["largest"])
        return f"the shortest of {boots}; the longest took {longest}"
    text = (
        f"{formatting.count(row['processes'], 'process', 'processes')}, "
        f"{formatting.count(row['values'], 'value')}"
    )
    return text + (f" ({row['left_out']:,} left out)" if row["left_out"] else "")


def _values(values: CaseValues) -> list[run_order.Values]:
    return [
        run_order.Values(
            values.of("value", process).tolist(),
            values.of("left_out", process).tolist(),
            values.median(process),
        )
        for process in values.processes
    ]


def _zeros(values: CaseValues) -> str:
    """Name the readings that are zero for every value."""
    zeros = [text for column, text in COUNTED.items() if values.is_zero(column)]
    return f"Zero for every value: {formatting.listed(zeros)}." if zeros else ""


def _columns(values: CaseValues, unit: str) -> dict[str, tuple[str, float]]:
    """Return the columns to show: each with its heading, and the size of its unit."""
    size, name = (1.0, unit)
    if unit == "s":
        size, name = formatting.time_unit(float(np.median(values.of("value"))))
    shown = {"value": (f"value ({name})", size)}
    if values.has_nonzero("cycles"):
        shown["cycles"] = ("core cycles", 1.0)
    return shown | {
        column: (text, 1.0) for column, text in COUNTED.items() if values.has_nonzero(column)
    }


def _lines(values: CaseValues, shown: Mapping[str, tuple[str, float]]) -> Iterator[ProcessRow]:
    """Give a row per process: its values, and the readings that are not all zero."""
    for process in values.processes:
        ran = values.of("round", process)[0]
        number = values.of("process", process)[0] if math.isnan(ran) else ran
        out = values.of("left_out", process).tolist()
        cells = [
            " ".join(
                f"({_short(value)})" if bad and column == "value" else _short(value)
                for value, bad in zip(
                    (values.of(column, process) / size).tolist(), out, strict=True
                )
            )
            for column, (_, size) in shown.items()
        ]
        yield ProcessRow(f"{int(number) + 1}", tuple(cells))


def _short(number: float) -> str:
    if math.isnan(number):
        return "–"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"
