"""Every case's own block: all that is known of it, folded away."""

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
from ...reading.fields import text_of
from ...profiles.why import Profiles, Why
from ...reading.result import Result
from ...estimate.result_set import ResultSet
from ...tables.case_coverage import NOT_ASKED
from . import run_order
from .baseline import Place
from .listing import Cell, Line, Listing
from .values_by_case import Taken, taken

MOST_VALUES = 60_000  # some 6 MB of page: with more, a case has no block of its own
SLOPE = "from the slope"
COUNTED = {
    "faults": "page faults",
    "switches": "context switches",
    "tlb_shootdowns": "interrupts for TLB shootdowns, of all CPUs",
    "function_call_interrupts": "interrupts for calls of a function on another CPU",
    "steal": "seconds stolen",
    "core_cycles": "counted core cycles per operation",
    "retired_instructions": "instructions retired per operation",
    "dtlb_load_misses": "data-TLB load misses per operation",
    "page_walk_cycles": "page-walk cycles per operation",
}
PRESETS = (
    "quick",
    "standard",
    "publish",
)  # what a command may name: anything else is a stranger's


@dataclass(frozen=True)
class Process:
    """One process of a case, as a line of text has it."""

    number: str
    cells: tuple[str, ...]


@dataclass(frozen=True)
class OnMachine:
    """A case on one machine."""

    machine: str
    cell: Cell
    repeat: str  # what to type; "" where it was not asked for
    facts: Sequence[tuple[str, str]] = ()
    none: str = ""  # what there was none of beside any value
    drawing: Markup | None = None
    drawing_top: str = ""
    drawing_bottom: str = ""
    columns: Sequence[str] = ()
    processes: Sequence[Process] = ()
    why: Why | None = None  # its profile


@dataclass(frozen=True)
class Block:
    """A case with all its machines."""

    line: Line
    machines: Sequence[OnMachine]


@dataclass(frozen=True)
class Blocks:
    """The blocks of one kind of evidence."""

    listing: Listing
    profiles: Profiles = field(default_factory=Profiles)

    @property
    def whole(self) -> bool:
        """Tell whether all values are in the page."""
        return len(self.listing.result_set.frame) <= MOST_VALUES

    def by_family(self) -> Iterator[tuple[str, list[Block]]]:
        """Give the blocks of each family."""
        for family in self.listing.families:
            lines = [line for line in self.listing.lines if line.family == family]
            yield family, [self._block(line) for line in lines]

    def _block(self, line: Line) -> Block:
        places = zip(self.listing.result_set.machines, line.cells, strict=True)
        return Block(line, [self._on(line, name, result, cell) for (name, result), cell in places])

    def _on(self, line: Line, name: str, result: Result, cell: Cell) -> OnMachine:
        result_set = self.listing.result_set
        values = self._taken.get((name, line.case))
        asked = cell.state != NOT_ASKED
        found = OnMachine(
            name,
            cell,
            repeat=repeat(result, line.case) if asked else "",
            why=self.profiles.why(name, line.case, cell.row["gross"] if cell.measured else None),
        )
        if values is None:
            return found
        columns = _columns(values, result_set.unit)
        found = replace(
            found,
            facts=list(_facts(result_set, cell)),
            none=_none(values),
            columns=[heading for heading, _ in columns.values()],
            processes=list(_lines(values, columns)),
        )
        return found if result_set.exact else replace(found, **_drawn(_values(values), cell))

    @cached_property
    def _taken(self) -> dict[Place, Taken]:
        if not self.whole:
            return {}
        return taken(self.listing.result_set.frame, ("value", "cycles", *COUNTED))


def _drawn(values: Sequence[run_order.Values], cell: Cell) -> dict[str, Any]:
    bottom, top = run_order.bounds(values)
    low, high, unit = (cell.row[fact] for fact in ("low", "high", "unit"))
    return {
        "drawing": run_order.drawing(values, low, high, unit),
        "drawing_top": formatting.cost(top, unit),
        "drawing_bottom": formatting.cost(bottom, unit),
    }


def repeat(result: Result, case: str) -> str:
    """Return what measures or counts a case again."""
    if result.evidence == "path length":
        kernel = text_of(result.machine.get("kernel")) or "KERNEL"
        return f"pkbench count {shlex.quote(case)} --kernel {shlex.quote(kernel)}"
    preset = f" --preset {result.preset}" if result.preset in PRESETS else ""
    return f"pkbench run {shlex.quote(case)}{preset}"


def _facts(result_set: ResultSet, cell: Cell) -> Iterator[tuple[str, str]]:
    row = cell.row
    interval = f", {formatting.interval_name(row['processes'])} {cell.interval}" * bool(cell.interval)
    yield "as counted" if result_set.exact else "as measured", f"{cell.cost}{interval}"
    if told := formatting.cycles(row["cycles"], row["cycles_low"], row["cycles_high"]):
        yield "core cycles", told
    if cell.tick_rate:
        yield "TSC ticks", formatting.figures(row["gross"] * cell.tick_rate)
    if pd.notna(row["net"]):
        cost = SLOPE if row["slope"] else formatting.cost(row["floor_value"], result_set.unit)
        yield "floor", f"{row['floor']}: {cost}"
        bounds = f", {formatting.interval_name(row['processes'])} {cell.net_interval}"
        yield "net of it", f"{cell.net}{bounds * bool(cell.net_interval)}"
        if cycles := formatting.net_cycles(row):
            yield "net core cycles", cycles
    yield "rests on", _rests_on(result_set, row)
    if cell.remark:
        yield "remark", cell.remark


def _rests_on(result_set: ResultSet, row: Mapping[str, Any]) -> str:
    if result_set.exact:
        boots = formatting.count(row["processes"], "boot")
        if row["smallest"] == row["largest"]:
            return boots
        return f"the shortest of {boots}; the longest took {formatting.instructions(row['largest'])}"
    text = (
        f"{formatting.count(row['processes'], 'process', 'processes')}, "
        f"{formatting.count(row['values'], 'value')}"
    )
    return text + (f", of which {row['left_out']:,} left out" if row["left_out"] else "")


def _values(values: Taken) -> list[run_order.Values]:
    return [
        run_order.Values(
            values.of("value", process).tolist(),
            values.of("left_out", process).tolist(),
            values.middle(process),
        )
        for process in values.processes
    ]


def _none(values: Taken) -> str:
    """Say what there was none of."""
    none = [text for column, text in COUNTED.items() if values.nothing(column)]
    return f"None beside any value: {formatting.listed(none)}." if none else ""


def _columns(values: Taken, unit: str) -> dict[str, tuple[str, float]]:
    """Return what a case's values are told in: a heading, and what one of it is."""
    size, name = (1.0, unit)
    if unit == "s":
        size, name = formatting.time_unit(float(np.median(values.of("value"))))
    shown = {"value": (f"value ({name})", size)}
    if values.something("cycles"):
        shown["cycles"] = ("core cycles", 1.0)
    return shown | {
        column: (text, 1.0) for column, text in COUNTED.items() if values.something(column)
    }


def _lines(values: Taken, shown: Mapping[str, tuple[str, float]]) -> Iterator[Process]:
    """Give a line per process: its values, and beside them what was counted and isn't nothing."""
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
        yield Process(f"{int(number) + 1}", tuple(cells))


def _short(number: float) -> str:
    if math.isnan(number):
        return "–"
    return f"{number:.0f}" if abs(number) >= 1000 else f"{number:.4g}"
