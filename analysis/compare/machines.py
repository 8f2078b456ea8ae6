"""The machines of a result set, compared with one another as `compare` compares two results."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..interval import Interval
from .compare import ADDED, FASTER, FEWER, MISSING, MORE, SLOWER, Comparison, compare


@dataclass(frozen=True)
class Ratio:
    """A case's cost on one machine divided by that on another, and what `compare` says of it."""

    interval: Interval
    unit: str  # of the two costs: cycles, s or instructions
    verdict: str

    @property
    def differs(self) -> bool:
        """Whether the two costs are known to differ."""
        return self.verdict in (FASTER, SLOWER, FEWER, MORE)


@dataclass(frozen=True)
class Machines:
    """Every machine of a result set, with the others as its baseline."""

    result_set: ResultSet
    _comparisons: dict[tuple[str, str], Comparison] = field(default_factory=dict)
    _ratios: dict[tuple[str, str], Mapping[str, Ratio]] = field(default_factory=dict)

    def between(self, base: str, new: str) -> Comparison | None:
        """Return the comparison of two machines; None for figures that can't be compared."""
        if self.result_set.evidence == "function" or base == new:
            return None
        if (base, new) not in self._comparisons:
            results = dict(self.result_set.machines)
            self._comparisons[base, new] = compare(
                results[base], results[new], chosen=self.result_set.chosen
            )
        return self._comparisons[base, new]

    def ratios(self, base: str, new: str) -> Mapping[str, Ratio]:
        """Return the ratio of each case that both machines measured."""
        if (base, new) not in self._ratios:
            comparison = self.between(base, new)
            found = {} if comparison is None else dict(_ratios(comparison.cases))
            self._ratios[base, new] = found
        return self._ratios[base, new]


def _ratios(cases: pd.DataFrame) -> Iterator[tuple[str, Ratio]]:
    for row in records(cases[~cases["verdict"].isin((MISSING, ADDED))]):
        yield str(row["case"]), Ratio(_interval(row), str(row["unit"]), str(row["verdict"]))


def _interval(row: Mapping[str, Any]) -> Interval:
    low, high = (None if pd.isna(row[end]) else float(row[end]) for end in ("low", "high"))
    return Interval(float(row["ratio"]), low, high)
