"""Whether a new result is slower than a base result by more than is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..reading.result import Result
from .compare import ADDED, MISSING, Comparison

PASS, REGRESSION, INCONCLUSIVE, NOT_COMPARABLE, CASES_MISSING = 0, 1, 3, 4, 5
ALLOWED = 0.03  # growth of a time, as a share: two builds of one kernel differ by as much
STATES = ("pass", "regression", "inconclusive", "missing")


@dataclass(frozen=True)
class Gate:
    """A comparison with the state of each of its cases; `judge` makes it."""

    comparison: Comparison
    allowed: float  # growth of a cost, as a share
    states: pd.Series[str]  # by the rows of the comparison's cases; "" for an added case

    @property
    def code(self) -> int:
        """Return the exit code of what matters most.

        In this order: NOT_COMPARABLE, REGRESSION, CASES_MISSING, INCONCLUSIVE, PASS.
        """
        if not self.comparison.comparable:
            return NOT_COMPARABLE
        found = set(self.states)
        if "regression" in found:
            return REGRESSION
        if "missing" in found:
            return CASES_MISSING
        return INCONCLUSIVE if "inconclusive" in found else PASS


def allowed(base: Result) -> float:
    """Return the default for the allowed growth, as a share: 0.03 of times, 0 of exact counts."""
    return 0.0 if base.evidence == "path length" else ALLOWED


def judge(comparison: Comparison, allowed: float) -> Gate:
    """Judge each case by the interval of its ratio, new ÷ base; `allowed` is a share.

    pass: the whole interval is at most 1 + allowed. regression: the whole interval is above it.
    inconclusive: the interval contains it, or there is no interval. missing: only the base result
    has the case. The interval of an exact count is a point, so it is never inconclusive.
    """
    table = comparison.cases
    limit = 1 + allowed
    states = pd.Series("inconclusive", index=table.index, dtype=object)
    states[table["high"] <= limit] = "pass"
    states[table["low"] > limit] = "regression"
    states[table["verdict"] == MISSING] = "missing"
    states[table["verdict"] == ADDED] = ""
    return Gate(comparison, allowed, states)
