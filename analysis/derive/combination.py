"""Combine the costs of cases into the quantity that a source measured."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ..interval import Interval

# As in `(protect/mprotect-none-rw/pages:1 + protect/mprotect-rw-none/pages:1) / 2`.
FORMULA = re.compile(r"(?P<sum>[^()]+?|\((?P<inner>[^()]+)\))(?: / (?P<divisor>\d{1,3}))?")
TERM = re.compile(r"(?:(?P<times>\d{1,3}) )?(?P<case>[^\s()]+)")


@dataclass(frozen=True)
class Combination:
    """A sum of costs of cases, each with a factor."""

    text: str  # as it was written
    factors: Mapping[str, float]  # by case, in the order of the text

    @property
    def single(self) -> bool:
        """Whether it is the cost of one case as it is."""
        return list(self.factors.values()) == [1]

    def renamed(self, name: Callable[[str], str]) -> str:
        """Return the text with another name for each case."""
        return " ".join(
            part if part in ("+", "-", "/") else _renamed(part, self.factors, name)
            for part in self.text.split(" ")
        )

    def of(self, costs: Mapping[str, Interval]) -> Interval:
        """Return the combination of costs by case, with interval arithmetic.

        Its bounds are at least as far apart as those of a 95 % interval.
        """
        value = low = high = 0.0
        for case, factor in self.factors.items():
            cost = costs[case]
            ends = [cost.value if end is None else end for end in (cost.low, cost.high)]
            value += factor * cost.value
            low += min(factor * end for end in ends)
            high += max(factor * end for end in ends)
        known = [cost.processes for cost in costs.values() if cost.processes is not None]
        if any(costs[case].low is None for case in self.factors):
            return Interval(value, processes=min(known, default=None))
        return Interval(value, low, high, min(known, default=None))


def parse(text: str) -> Combination:
    """Return the combination that a text such as `(a + 2 b) / 3` describes.

    Raises ValueError where it describes none.
    """
    found = FORMULA.fullmatch(text)
    if not found:
        raise ValueError(f"{text!r} is no combination of cases")
    divisor = int(found["divisor"] or 1)
    factors: dict[str, float] = {}
    sign = 1
    for place, part in enumerate(re.split(r" ([+-]) ", found["inner"] or found["sum"])):
        if place % 2:
            sign = 1 if part == "+" else -1
            continue
        term = TERM.fullmatch(part)
        if not term or term["case"] in factors or divisor == 0:
            raise ValueError(f"{text!r} is no combination of cases")
        factors[term["case"]] = sign * int(term["times"] or 1) / divisor
    return Combination(text, factors)


def _renamed(part: str, cases: Mapping[str, float], name: Callable[[str], str]) -> str:
    case = part.strip("()")
    return part.replace(case, name(case)) if case in cases else part
