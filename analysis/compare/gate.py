"""Whether a new result is no worse than an old one by more than is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..reading.result import Result
from .compare import ADDED, MISSING, Comparison

PASS, REGRESSION, INCONCLUSIVE, NOT_COMPARABLE, CASES_MISSING = 0, 1, 3, 4, 5
ALLOWED = 0.03  # of times: what one build of a kernel differs from the next by
STATES = ("pass", "regression", "inconclusive", "missing")


@dataclass(frozen=True)
class Gate:
    """What a gate found."""

    comparison: Comparison
    allowed: float  # growth of a cost, as a share
    states: pd.Series[
        str
    ]  # of each case in the comparison's order: one of STATES, or "" for new ones

    @property
    def code(self) -> int:
        """Return the exit code: what weighs most."""
        if not self.comparison.comparable:
            return NOT_COMPARABLE
        found = set(self.states)
        if "regression" in found:
            return REGRESSION
        if "missing" in found:
            return CASES_MISSING
        return INCONCLUSIVE if "inconclusive" in found else PASS


def allowed(base: Result) -> float:
    """Return the growth that is allowed unless somebody says otherwise: of exact counts, none."""
    return 0.0 if base.evidence == "path length" else ALLOWED


def judge(comparison: Comparison, allowed: float) -> Gate:
    """Judge each case by its interval: wholly above what is allowed, wholly within it, or neither.

    Exact counts have a point for an interval, so that they are never inconclusive.
    """
    table = comparison.cases
    limit = 1 + allowed
    states = pd.Series("inconclusive", index=table.index, dtype=object)
    states[table["high"] <= limit] = "pass"
    states[table["low"] > limit] = "regression"
    states[table["verdict"] == MISSING] = "missing"
    states[table["verdict"] == ADDED] = ""
    return Gate(comparison, allowed, states)
