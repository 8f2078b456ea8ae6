"""Judges of whether results show a published shape, and by which numbers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pandas as pd

from .. import formatting
from ..derive.combination import Combination, parse
from ..estimate.result_set import ResultSet
from ..interval import Interval

SEEN, NOT_SEEN, INCONCLUSIVE = "seen here", "not seen here", "inconclusive"


@dataclass(frozen=True)
class Verdict:
    """Whether a claim holds, with the numbers in words."""

    state: str  # SEEN, NOT_SEEN or INCONCLUSIVE
    words: str


@dataclass(frozen=True)
class Here:
    """One machine's results, as judges need them.

    A cost is that of a case, or of a combination of cases as `combination.parse` reads it.
    """

    result_set: ResultSet
    machine: str

    @cached_property
    def rows(self) -> dict[str, dict[str, Any]]:
        """The machine's estimates by case."""
        rows = self.result_set.on(self.machine).to_dict("records")
        return {str(row["case"]): {str(k): v for k, v in row.items()} for row in rows}

    def lacking(self, *costs: str) -> str:
        """Return why cases of these costs were not measured; "" where all were."""
        cases = dict.fromkeys(case for cost in costs for case in parse(cost).factors)
        found = [f"{case} {self._why(case)}" for case in cases if case not in self.rows]
        return "; ".join(found)

    def ratio(self, over: str, under: str, net: bool) -> Interval:
        """Return how many times the cost `over` is the cost `under`, both of measured cases.

        For two cases it is that of `ResultSet.ratio`. For combinations it is the quotient of their
        costs as measured, by interval arithmetic; ValueError where `net` is asked of them.
        """
        if parse(over).single and parse(under).single:
            return self.result_set.ratio((self.machine, over), (self.machine, under), net)
        if net:
            raise ValueError("the ratio of a combination is of costs as measured")
        return quotient(self.cost(over), self.cost(under))

    def interval(self, cost: str, quantity: str) -> Interval | None:
        """Return a quantity of a cost; None where it is not known or below resolution.

        `quantity` is a column of `estimates` with bounds, such as cycles, net or net_cycles.
        """
        formula = parse(cost)
        found: dict[str, Interval] = {}
        for case in formula.factors:
            row = self.rows[case]
            if pd.isna(row[quantity]) or (quantity.startswith("net") and not row["resolved"]):
                return None
            found[case] = self._figure(row, quantity, f"{quantity}_low", f"{quantity}_high")
        return formula.of(found)

    def cost(self, cost: str) -> Interval:
        """Return a cost of measured cases, as measured."""
        formula = parse(cost)
        return formula.of(
            {
                case: self._figure(self.rows[case], "gross", "low", "high")
                for case in formula.factors
            }
        )

    def _figure(self, row: dict[str, Any], *columns: str) -> Interval:
        value, low, high = (None if pd.isna(row[name]) else float(row[name]) for name in columns)
        if self.result_set.exact:
            low = high = value
        return Interval(value or 0.0, low, high, int(row["processes"]))

    def _why(self, case: str) -> str:
        cases = self.result_set.cases
        asked = cases[(cases["machine"] == self.machine) & (cases["case"] == case)]
        if asked.empty:
            return "was not asked for"
        row = asked.iloc[0]
        return f"was {row['state']}: {row['reason']}" if row["reason"] else f"was {row['state']}"


Judge = Callable[[Here], Verdict]


def ratio_within(over: str, under: str, low: float, high: float, net: bool = False) -> Judge:
    """Judge whether the cost `over` is `low` to `high` times the cost `under`."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(over, under):
            return Verdict(INCONCLUSIVE, lacking)
        found = here.ratio(over, under, net)
        return Verdict(_inside(found, low, high), f"{over} over {under}: {formatting.times(found)}")

    return judge


def costs_more(over: str, under: str, times: float = 1.0, net: bool = False) -> Judge:
    """Judge whether the cost `over` is more than `times` times the cost `under`."""
    return ratio_within(over, under, times, float("inf"), net)


def cycles_within(case: str, low: float, high: float, quantity: str = "net_cycles") -> Judge:
    """Judge whether a case takes `low` to `high` core cycles, net of its floor by default."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(INCONCLUSIVE, lacking)
        found = here.interval(case, quantity)
        if found is None:
            return Verdict(INCONCLUSIVE, f"core cycles of {case} are not known")
        return Verdict(_inside(found, low, high), f"{case}: {_text(found, 'cycles')}")

    return judge


def seconds_within(case: str, low: float, high: float) -> Judge:
    """Judge whether a case takes `low` to `high` seconds, as measured."""

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(INCONCLUSIVE, lacking)
        found = here.cost(case)
        return Verdict(_inside(found, low, high), f"{case}: {_text(found, 's')}")

    return judge


def seconds_a_page_within(few: str, many: str, pages: int, low: float, high: float) -> Judge:
    """Judge whether each of `pages` further pages takes `low` to `high` seconds.

    `few` and `many` are cases of two sizes, `pages` apart.
    """

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(few, many):
            return Verdict(INCONCLUSIVE, lacking)
        found = _a_page(here, few, many, pages)
        return Verdict(
            _inside(found, low, high), f"from {few} to {many}: {_text(found, 's')} a page"
        )

    return judge


def linear(few: str, some: str, many: str, pages: tuple[int, int, int], within: float) -> Judge:
    """Judge whether a further page costs the same in two ranges, within the factor `within`.

    `few`, `some` and `many` are cases of three sizes, which `pages` has as numbers.
    """

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(few, some, many):
            return Verdict(INCONCLUSIVE, lacking)
        first = _a_page(here, few, some, pages[1] - pages[0])
        second = _a_page(here, some, many, pages[2] - pages[1])
        found = quotient(second, first)
        unit = here.result_set.unit
        return Verdict(
            _inside(found, 1 / within, within),
            f"a further page costs {_text(first, unit)} up to {pages[1]:,} pages and "
            f"{_text(second, unit)} up to {pages[2]:,}: {formatting.times(found)} times as much",
        )

    return judge


def share_at(case: str, rate: float, most: float) -> Judge:
    """Judge whether switching `rate` times a second takes at most the share `most` of a CPU.

    The share is the rate times the net cost of `case`, whose floor is the same work without
    switches.
    """

    def judge(here: Here) -> Verdict:
        if lacking := here.lacking(case):
            return Verdict(INCONCLUSIVE, lacking)
        added = here.interval(case, "net")
        if added is None:
            return Verdict(INCONCLUSIVE, f"the cost of a switch in {case} is below resolution")
        found = Combination(case, {case: rate}).of({case: added})
        share = formatting.figures(100 * found.value)
        text = f"{rate:,.0f} switches a second take {share} % of a CPU"
        if found.bounds and found.bounds[0] < found.bounds[1]:
            ends = (formatting.figures(100 * end) for end in found.bounds)
            text += f" [{', '.join(ends)}]"
        return Verdict(_inside(found, float("-inf"), most), text)

    return judge


def quotient(over: Interval, under: Interval) -> Interval:
    """Return the quotient of two figures above zero, by interval arithmetic."""
    value = over.value / under.value
    if over.bounds is None or under.bounds is None:
        return Interval(value)
    (low, high), (least, most) = over.bounds, under.bounds
    return Interval(value, max(low, 0.0) / most, high / least if least > 0 else float("inf"))


def _a_page(here: Here, few: str, many: str, pages: int) -> Interval:
    each = Combination(f"({many} - {few}) / {pages}", {many: 1 / pages, few: -1 / pages})
    return each.of({case: here.cost(case) for case in each.factors})


def _inside(found: Interval, low: float, high: float) -> str:
    """Return SEEN if the whole interval is within bounds, NOT_SEEN if all is outside.

    Else it contains a bound, or there is no interval: INCONCLUSIVE.
    """
    if found.bounds is None:
        return INCONCLUSIVE
    least, most = found.bounds
    if low <= least and most <= high:
        return SEEN
    return NOT_SEEN if most < low or least > high else INCONCLUSIVE


def _text(found: Interval, unit: str) -> str:
    text = formatting.cost(found.value, unit)
    if found.bounds is None:
        return f"{text} [too few processes for an interval]"
    low, high = found.bounds
    return (
        text
        if low == high
        else f"{text} [{formatting.cost(low, unit)} to {formatting.cost(high, unit)}]"
    )
