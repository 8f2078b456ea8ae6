"""Every case as a line: a cell per machine, in words for readers and in numbers for the page."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ... import formatting
from ...interval import Interval
from ...estimate.frame import records
from ...estimate.result_set import ResultSet
from ...tables.case_coverage import NOT_ASKED
from . import baseline

DIGITS = 6  # of a number that the page's script counts on with: an estimate has three


@dataclass(frozen=True)
class Cell:
    """What became of one case on one machine."""

    row: Mapping[str, Any]  # of `estimate.estimates`; empty where it was not measured
    state: str
    reason: str = ""
    ratio: Interval | None = None  # to the baseline
    tick_rate: float | None = None  # TSC ticks a second

    @property
    def measured(self) -> bool:
        """Tell whether there is a figure."""
        return bool(self.row)

    @property
    def cost(self) -> str:
        """The figure as measured, or the state."""
        return formatting.cost(self.row["gross"], self.row["unit"]) if self.measured else self.state

    @property
    def interval(self) -> str:
        """The figure's interval."""
        row = self.row
        return formatting.bounds(row["low"], row["high"], row["unit"]) if self.measured else ""

    @property
    def times(self) -> str:
        """The ratio to the baseline, with its interval."""
        return formatting.times(self.ratio) if self.ratio else ""

    @property
    def net(self) -> str:
        """The figure without its floor."""
        return formatting.net(self.row) if self.measured else ""

    @property
    def net_interval(self) -> str:
        """The interval of that."""
        return formatting.net_bounds(self.row) if self.measured else ""

    @property
    def remark(self) -> str:
        """What the figure itself doesn't tell."""
        row = self.row
        if not self.measured:
            return self.reason
        contended = row["contended"]
        beside = f"{contended:,} values beside another thread on the core" if contended else ""
        return "; ".join(text for text in (beside, row["shape"]) if text)

    def numbers(self) -> dict[str, Any] | None:
        """Return what the page's script counts on with: v value, c cycles, t tick rate, x, r.

        x holds a figure a process; r its rounds, 1 for 0, 1, 2 … and 0 where they aren't known.
        """
        if not self.measured:
            return None
        row = self.row
        found: dict[str, Any] = {"v": _rounded(row["gross"], row["low"], row["high"])}
        if pd.notna(row["cycles"]):
            found["c"] = _rounded(row["cycles"], row["cycles_low"], row["cycles_high"])
        if self.tick_rate:
            found["t"] = _rounded(self.tick_rate)[0]
        return {**found, "x": _rounded(*row["process_values"])}


@dataclass(frozen=True)
class Line:
    """One case on all machines."""

    number: int
    anchor: str
    case: str
    family: str
    pages: int | None
    operation: str
    cells: tuple[Cell, ...]

    @property
    def measured(self) -> bool:
        """Tell whether any machine has a figure."""
        return any(cell.measured for cell in self.cells)


@dataclass(frozen=True)
class Listing:
    """All cases of one kind of evidence."""

    result_set: ResultSet

    @cached_property
    def samples(self) -> dict[baseline.Place, Any]:
        """The process-level figures."""
        return baseline.samples(self.result_set)

    @property
    def several(self) -> bool:
        """Tell whether there are machines to compare."""
        return len(self.result_set.names) > 1

    @cached_property
    def base(self) -> str:
        """The machine, or on a single one the case, that ratios are to."""
        return self.result_set.names[0] if self.several else baseline.usual(self.result_set)

    @cached_property
    def ratios(self) -> dict[baseline.Place, Interval]:
        """How many times what the baseline costs each case does."""
        places = list(self.samples)
        bases = (
            baseline.of_machine(self.base, places)
            if self.several
            else baseline.of_case(self.base, places)
        )
        return baseline.against(self.samples, bases)

    @cached_property
    def lines(self) -> list[Line]:
        """A line per case that any machine measured, in the catalogue's order."""
        rows = {(row["machine"], row["case"]): row for row in records(self.result_set.estimates)}
        asked = {(row["machine"], row["case"]): row for row in records(self.result_set.cases)}
        rates = _tick_rates(self.result_set)
        measured = {case for _, case in rows}
        found: dict[str, dict[str, Any]] = {}
        for (_, case), facts in asked.items():
            if case in measured:
                found.setdefault(case, facts)
        return [
            Line(
                number=number,
                anchor=f"{self.key}-case-{number}",
                case=case,
                family=str(facts["family"]),
                pages=_pages(facts),
                operation=str(facts["operation"]),
                cells=tuple(
                    self._cell((name, case), rows, asked, rates) for name in self.result_set.names
                ),
            )
            for number, (case, facts) in enumerate(found.items())
        ]

    @property
    def key(self) -> str:
        """The kind of evidence as a part of ids and names of files."""
        return self.result_set.evidence.replace(" ", "-")

    @property
    def families(self) -> list[str]:
        """The families that have a line."""
        return list(dict.fromkeys(line.family for line in self.lines))

    def line(self, case: str) -> Line:
        """Return a case's line."""
        return self._by_case[case]

    @cached_property
    def _by_case(self) -> dict[str, Line]:
        return {line.case: line for line in self.lines}

    def numbers(self) -> dict[str, Any]:
        """Return what the page's script shows other views of."""
        return {
            "unit": self.result_set.unit,
            "exact": self.result_set.exact,
            "machines": self.result_set.names,
            "base": 0 if self.several else self._by_case[self.base].number if self.lines else 0,
            "cases": [
                {
                    "n": line.case,
                    "f": line.family,
                    "p": line.pages,
                    "on": [self._numbers(line.case, place) for place in range(len(line.cells))],
                }
                for line in self.lines
            ],
        }

    def _numbers(self, case: str, place: int) -> dict[str, Any] | None:
        found = self._by_case[case].cells[place].numbers()
        if found is None:
            return None
        rounds = self.samples[self.result_set.names[place], case].rounds
        plain = rounds == tuple(range(len(found["x"])))
        return {**found, "r": 0 if rounds is None else 1 if plain else list(rounds)}

    def _cell(
        self,
        place: baseline.Place,
        rows: Mapping[baseline.Place, dict[str, Any]],
        asked: Mapping[baseline.Place, dict[str, Any]],
        rates: Mapping[baseline.Place, float],
    ) -> Cell:
        if place not in rows:
            facts = asked.get(place, {"state": NOT_ASKED, "reason": ""})
            return Cell({}, str(facts["state"]), str(facts["reason"]))
        return Cell(
            rows[place], "measured", ratio=self.ratios.get(place), tick_rate=rates.get(place)
        )


def _tick_rates(result_set: ResultSet) -> dict[baseline.Place, float]:
    """Return how many TSC ticks passed a second beside each case, in the middle of its values."""
    told = result_set.frame[result_set.frame["ticks"].notna()]
    rates = (told["ticks"] / told["value"]).groupby([told["machine"], told["case"]], observed=True)
    middles = rates.median().reset_index(name="rate")
    return {(str(row["machine"]), str(row["case"])): float(row["rate"]) for row in records(middles)}


def _pages(facts: Mapping[str, Any]) -> int | None:
    pages = facts.get("axis_pages")
    return int(pages) if isinstance(pages, int) and pages > 0 else None


def _rounded(*numbers: float) -> list[float | None]:
    return [None if pd.isna(n) else float(f"{n:.{DIGITS}g}") for n in numbers]
