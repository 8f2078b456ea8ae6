"""List every case with a cell per machine: as text for the page, as numbers for its script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from ... import formatting
from ...compare.machines import Machines, Ratio
from ...estimate.frame import records
from ...estimate.result_set import ResultSet
from ...interval import Interval
from ...tables.all_cases import remark
from ...tables.case_coverage import NOT_ASKED
from . import baseline

MOST_BASELINES = 6  # machines; of more, only the first is the baseline of a comparison
DIGITS = 6  # significant digits of the numbers for the script; a displayed estimate has three


@dataclass(frozen=True)
class Cell:
    """The result of one case on one machine."""

    row: Mapping[str, Any]  # of `estimate.estimates`; empty where not measured
    state: str
    reason: str = ""
    ratio: Interval | None = None  # to the baseline
    differs: bool = False  # from another machine, as `compare` says
    tick_rate: float | None = None  # TSC ticks a second

    @property
    def measured(self) -> bool:
        """Return whether the case was measured."""
        return bool(self.row)

    @property
    def cost(self) -> str:
        """The cost as measured with its unit, or the state."""
        return formatting.cost(self.row["gross"], self.row["unit"]) if self.measured else self.state

    @property
    def interval(self) -> str:
        """The interval of the cost."""
        row = self.row
        return formatting.bounds(row["low"], row["high"], row["unit"]) if self.measured else ""

    @property
    def ratio_text(self) -> str:
        """The ratio to the baseline, with its interval."""
        return formatting.times(self.ratio) if self.ratio else ""

    @property
    def net(self) -> str:
        """The cost net of the fixed overhead (floor)."""
        return formatting.net(self.row) if self.measured else ""

    @property
    def net_interval(self) -> str:
        """The interval of the net cost."""
        return formatting.net_bounds(self.row) if self.measured else ""

    @property
    def remark(self) -> str:
        """What the figure itself does not show; of a case not measured the reason."""
        return remark(self.row) if self.measured else self.reason

    def numbers(self) -> dict[str, Any] | None:
        """Return the numbers for the page's script; None where not measured.

        cost and cycles are [estimate, low, high], in the unit of the listing and in core cycles;
        ticks_per_second is the rate of the TSC.
        """
        if not self.measured:
            return None
        row = self.row
        found: dict[str, Any] = {"cost": _rounded(row["gross"], row["low"], row["high"])}
        if pd.notna(row["cycles"]):
            found["cycles"] = _rounded(row["cycles"], row["cycles_low"], row["cycles_high"])
        if self.tick_rate:
            found["ticks_per_second"] = _rounded(self.tick_rate)[0]
        return found


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


@dataclass(frozen=True)
class Listing:
    """All cases of one kind of evidence."""

    result_set: ResultSet
    machines: Machines

    @cached_property
    def samples(self) -> dict[baseline.Place, Any]:
        """The process-level figures of each measured case."""
        return baseline.samples(self.result_set)

    @property
    def several(self) -> bool:
        """Return whether there are several machines to compare."""
        return len(self.result_set.names) > 1

    @cached_property
    def base(self) -> str:
        """The baseline: the first of several machines, or a case of a single one."""
        return self.result_set.names[0] if self.several else baseline.usual(self.result_set)

    @cached_property
    def ratios(self) -> dict[baseline.Place, Interval]:
        """The ratio of each case's cost to that of the baseline."""
        if self.several:
            return {place: ratio.interval for place, ratio in self.verdicts.items()}
        return baseline.against(self.samples, baseline.of_case(self.base, list(self.samples)))

    @cached_property
    def verdicts(self) -> dict[baseline.Place, Ratio]:
        """What `compare` says of each case on the other machines against the first machine."""
        return {
            (name, case): ratio
            for name in self.result_set.names[1:]
            for case, ratio in self.machines.ratios(self.result_set.names[0], name).items()
        }

    @cached_property
    def lines(self) -> list[Line]:
        """A line per case that any machine measured, in the order of the catalogue."""
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
        """The kind of evidence as ids and file names contain it."""
        return self.result_set.evidence.replace(" ", "-")

    @property
    def families(self) -> list[str]:
        """The families that have a line."""
        return list(dict.fromkeys(line.family for line in self.lines))

    @cached_property
    def _by_case(self) -> dict[str, Line]:
        return {line.case: line for line in self.lines}

    def numbers(self) -> dict[str, Any]:
        """Return the numbers from which the page's script computes other units and ratios.

        baseline is the place of a machine, or on a single machine of a case. Each case has an entry
        per machine as `Cell.numbers` gives it, null where not measured. compared has what `compare`
        says, by machine as the baseline, machine and case: [ratio, low, high, differs], or null
        where there is no ratio. A machine that can't be chosen as the baseline has null.
        """
        return {
            "exact": self.result_set.exact,
            "machines": self.result_set.names,
            "baseline": 0 if self.several or not self.lines else self._by_case[self.base].number,
            "compared": self._compared(),
            "cases": [
                {
                    "name": line.case,
                    "family": line.family,
                    "pages": line.pages,
                    "on": [cell.numbers() for cell in line.cells],
                }
                for line in self.lines
            ],
        }

    def _compared(self) -> list[list[list[list[float | None] | None]] | None]:
        names = self.result_set.names
        bases = names if len(names) <= MOST_BASELINES else names[:1]
        found: list[list[list[list[float | None] | None]] | None] = [None for _ in names]
        for place, base in enumerate(bases if self.several else ()):
            against = [self.machines.ratios(base, name) for name in names]
            found[place] = [
                [_shipped(ratios.get(line.case)) for line in self.lines] for ratios in against
            ]
        return found

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
            rows[place],
            "measured",
            ratio=self.ratios.get(place),
            differs=place in self.verdicts and self.verdicts[place].differs,
            tick_rate=rates.get(place),
        )


def _tick_rates(result_set: ResultSet) -> dict[baseline.Place, float]:
    """Return the median TSC rate over the values of each case, in ticks per second."""
    rows = result_set.frame[result_set.frame["ticks"].notna()]
    rates = (rows["ticks"] / rows["value"]).groupby([rows["machine"], rows["case"]], observed=True)
    middles = rates.median().reset_index(name="rate")
    return {(str(row["machine"]), str(row["case"])): float(row["rate"]) for row in records(middles)}


def _pages(facts: Mapping[str, Any]) -> int | None:
    pages = facts.get("axis_pages")
    return int(pages) if isinstance(pages, int) and pages > 0 else None


def _shipped(ratio: Ratio | None) -> list[float | None] | None:
    if ratio is None:
        return None
    interval = ratio.interval
    return [*_rounded(interval.value, interval.low, interval.high), float(ratio.differs)]


def _rounded(*numbers: float | None) -> list[float | None]:
    return [None if n is None or pd.isna(n) else float(f"{n:.{DIGITS}g}") for n in numbers]
