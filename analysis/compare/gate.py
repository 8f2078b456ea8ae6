"""Whether a new result is slower than a base result by more than is allowed."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd

from ..reading.result import Result
from .compare import ADDED, INCONCLUSIVE, MISSING, MORE, SLOWER, Comparison

PASS, REGRESSION, NOT_DECIDED, NOT_COMPARABLE, CASES_MISSING = 0, 1, 3, 4, 5
ALLOWED = 0.03  # growth of a time, as a share: two builds of one kernel differ by as much
STATES = ("regression", "missing", "inconclusive", "pass", "added")  # what fails comes first


@dataclass(frozen=True)
class Gate:
    """A comparison with the state of each of its cases; `judge` makes it."""

    comparison: Comparison
    allowed: float  # growth of a cost, as a share
    states: pd.Series[str]  # by the rows of the comparison's cases

    @property
    def code(self) -> int:
        """Return the exit code of what matters most.

        In this order: NOT_COMPARABLE, REGRESSION, CASES_MISSING, NOT_DECIDED, PASS. Where no case
        was judged, nothing is decided.
        """
        if not self.comparison.comparable:
            return NOT_COMPARABLE
        found = set(self.states)
        if "regression" in found:
            return REGRESSION
        if "missing" in found:
            return CASES_MISSING
        return PASS if "pass" in found and "inconclusive" not in found else NOT_DECIDED


def allowed(base: Result) -> float:
    """Return the default for the allowed growth, as a share: 0.03 of times, 0 of exact counts."""
    return 0.0 if base.evidence == "path length" else ALLOWED


def judge(comparison: Comparison, allowed: float) -> Gate:
    """Judge each case of a comparison; `allowed` is a share."""
    return Gate(comparison, allowed, states_of(comparison.cases, allowed))


def states_of(cases: pd.DataFrame, allowed: float) -> pd.Series[str]:
    """Judge each case by its verdict and by the interval of its ratio; `allowed` is a share.

    regression: it is slower, or takes more instructions, and the whole interval is above
    1 + allowed. pass: it is faster, unchanged, or slower by no more than is allowed. inconclusive:
    its verdict is, or its interval contains 1 + allowed. missing: only the base result has the
    case. added: only the new one has it.
    """
    limit = 1 + allowed
    grew = cases["verdict"].isin((SLOWER, MORE))
    states = pd.Series("pass", index=cases.index, dtype=object)
    states[grew & (cases["high"] > limit)] = "inconclusive"
    states[grew & (cases["low"] > limit)] = "regression"
    states[cases["verdict"] == INCONCLUSIVE] = "inconclusive"
    states[cases["verdict"] == MISSING] = "missing"
    states[cases["verdict"] == ADDED] = "added"
    return states
