"""Whether a published shape is seen in results, and the numbers it is judged by."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from .. import formatting
from ..estimate.result_set import ResultSet
from ..interval import Interval

SEEN, NOT_SEEN, UNTOLD = "seen here", "not seen here", "can't be told here"


@dataclass(frozen=True)
class Verdict:
    """What became of one claim, in words with its numbers."""

    state: str
    words: str


@dataclass(frozen=True)
class Here:
    """One machine's results, as claims ask them."""

    result_set: ResultSet
    machine: str

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The machine's estimates by case."""
        rows = self.result_set.on(self.machine).to_dict("records")
        return {str(row["case"]): {str(k): v for k, v in row.items()} for row in rows}

    def lacking(self, *cases: str) -> str:
        """Return why cases have no figure, "" where all have one."""
        found = [f"{case} {self._why(case)}" for case in cases if case not in self.rows]
        return "; ".join(found)

    def ratio(self, over: str, under: str, net: bool) -> Interval:
        """Return how many times one case costs what another does."""
        return self.result_set.ratio((self.machine, over), (self.machine, under), net)

    def interval(self, case: str, quantity: str) -> Interval | None:
        """Return an estimate of a case; None where it isn't known or is below resolution."""
        row = self.rows[case]
        if pd.isna(row[quantity]) or (quantity.startswith("net") and not row["resolved"]):
            return None
        return _interval(row, quantity, f"{quantity}_low", f"{quantity}_high")

    def cost(self, case: str) -> Interval:
        """Return what a case costs as measured; what was measured has a cost."""
        return _interval(self.rows[case], "gross", "low", "high")

    def _why(self, case: str) -> str:
        cases = self.result_set.cases
        asked = cases[(cases["machine"] == self.machine) & (cases["case"] == case)]
        if asked.empty:
            return "was not asked for"
        row = asked.iloc[0]
        return f"was {row['state']}: {row['reason']}" if row["reason"] else f"was {row['state']}"


def _interval(row: dict[str, Any], *columns: str) -> Interval:
    value, low, high = (None if pd.isna(row[name]) else float(row[name]) for name in columns)
    return Interval(value or 0.0, low, high, int(row["processes"]))


Judge = Callable[[Here], Verdict]


def ratio_within(over: str, under: str, low: float, high: float, net: bool = False) -> Judge:
    """Judge whether one case costs between so many times and so many times what another does."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(over, under):
            return Verdict(UNTOLD, lacking)
        found = here.ratio(over, under, net)
        return Verdict(_inside(found, low, high), f"{over} over {under}: {formatting.times(found)}")

    return judge


def dearer(over: str, under: str, times: float = 1.0, net: bool = False) -> Judge:
    """Judge whether one case costs more than so many times what another does."""
    return ratio_within(over, under, times, float("inf"), net)


def cycles_within(case: str, low: float, high: float, quantity: str = "net_cycles") -> Judge:
    """Judge whether a case takes so many core cycles, its timing loop taken off."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(UNTOLD, lacking)
        found = here.interval(case, quantity)
        if found is None:
            return Verdict(UNTOLD, f"core cycles of {case} are not known here")
        return Verdict(_inside(found, low, high), f"{case}: {_text(found, 'cycles')}")

    return judge


def seconds_within(case: str, low: float, high: float) -> Judge:
    """Judge whether a case takes so many seconds, as measured."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(UNTOLD, lacking)
        found = here.cost(case)
        return Verdict(_inside(found, low, high), f"{case}: {_text(found, 's')}")

    return judge


def more_cycles(over: str, under: str, low: float, high: float) -> Judge:
    """Judge whether a case takes so many core cycles more than another."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(over, under):
            return Verdict(UNTOLD, lacking)
        more, less = here.interval(over, "cycles"), here.interval(under, "cycles")
        if more is None or less is None:
            return Verdict(UNTOLD, f"core cycles of {over} are not known here")
        found = difference(more, less)
        return Verdict(_inside(found, low, high), f"{over} less {under}: {_text(found, 'cycles')}")

    return judge


def seconds_a_page_within(few: str, many: str, pages: int, low: float, high: float) -> Judge:
    """Judge what each of so many pages more costs, between two sizes."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(few, many):
            return Verdict(UNTOLD, lacking)
        found = _a_page(here, few, many, pages)
        return Verdict(
            _inside(found, low, high), f"from {few} to {many}: {_text(found, 's')} a page"
        )

    return judge


def linear(few: str, some: str, many: str, pages: tuple[int, int, int], within: float) -> Judge:
    """Judge whether a page more costs the same at two stretches, within a factor."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(few, some, many):
            return Verdict(UNTOLD, lacking)
        first = _a_page(here, few, some, pages[1] - pages[0])
        second = _a_page(here, some, many, pages[2] - pages[1])
        found = quotient(second, first)
        unit = here.result_set.unit
        return Verdict(
            _inside(found, 1 / within, within),
            f"a page more costs {_text(first, unit)} up to {pages[1]:,} pages and "
            f"{_text(second, unit)} up to {pages[2]:,}: {formatting.times(found)} times as much",
        )

    return judge


def share_at(case: str, rate: float, most: float) -> Judge:
    """Judge whether switching at a rate takes less than a share of a CPU.

    Of `case`, whose floor is the same work without switches: the share is the rate times what a
    switch adds.
    """

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(UNTOLD, lacking)
        added = here.interval(case, "net")
        if added is None:
            return Verdict(UNTOLD, f"what a switch adds in {case} is below resolution")
        low, high = _ends(added)
        found = Interval(added.value * rate, low * rate, high * rate)
        text = (
            f"{rate:,.0f} switches a second take {formatting.figures(100 * found.value)} % of a CPU"
        )
        if low < high:
            text += f" [{formatting.figures(100 * low * rate)}, {formatting.figures(100 * high * rate)}]"
        return Verdict(_inside(found, float("-inf"), most), text)

    return judge


def difference(over: Interval, under: Interval) -> Interval:
    """Return one figure less another, by the ends of their intervals."""
    low, high = _ends(over)
    least, most = _ends(under)
    return Interval(over.value - under.value, low - most, high - least)


def quotient(over: Interval, under: Interval) -> Interval:
    """Return one figure by another, by the ends of their intervals; both are above zero."""
    low, high = _ends(over)
    least, most = _ends(under)
    highest = high / least if least > 0 else float("inf")
    return Interval(over.value / under.value, max(low, 0.0) / most, highest)


def _a_page(here: Here, few: str, many: str, pages: int) -> Interval:
    found = difference(here.cost(many), here.cost(few))
    low, high = _ends(found)
    return Interval(found.value / pages, low / pages, high / pages)


def _ends(found: Interval) -> tuple[float, float]:
    low = found.value if found.low is None else found.low
    return low, found.value if found.high is None else found.high


def _inside(found: Interval, low: float, high: float) -> str:
    """Say whether a figure lies within bounds; its interval must not reach across one of them."""
    least, most = _ends(found)
    if low <= least and most <= high:
        return SEEN
    return NOT_SEEN if most < low or least > high else UNTOLD


def _text(found: Interval, unit: str) -> str:
    text = formatting.cost(found.value, unit)
    low, high = _ends(found)
    if low == high:
        return text
    return f"{text} [{formatting.cost(low, unit)} to {formatting.cost(high, unit)}]"
