"""The process-level figures of one case, as measured and net of its fixed overhead (floor)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..interval import ENOUGH_PROCESSES, Interval
from .median_interval import difference, of_median
from .per_process import KEY

Numbers = NDArray[np.float64]

COUNTS = ("values", "left_out", "contended", "inner_loops")
SUMMARY = (
    "processes",
    "values",
    "left_out",
    "contended",
    "inner_loops",
    "smallest",
    "largest",
    "process_values",
)


@dataclass(frozen=True)
class Sample:
    """The process-level figures of one case on one machine.

    `values`, `rounds` and `cycles` have an entry per process, by round where rounds are known.
    """

    exact: bool  # counts of instructions rather than times
    values: Numbers  # per operation: seconds, or instructions where exact
    rounds: tuple[int, ...] | None  # None where a process has no round of its own
    inner_loops: int  # operations per loop
    slope: bool  # its floor is the same loop with fewer of the same operation
    count: int  # values measured, in all processes
    left_out: int  # of these values
    contended: int  # of the values kept: another hardware thread used the core
    cycles: Numbers  # core cycles per operation; NaN where they are not known
    clock_step: float  # seconds per loop that the clock can't resolve; 0 where it is not known

    @property
    def value(self) -> float:
        """The estimate: the shortest boot for exact counts, else the median over processes."""
        return float(self.values.min() if self.exact else np.median(self.values))

    @property
    def interval(self) -> Interval:
        """The estimate with its interval; an exact count has itself for bounds."""
        return _exactly(self.value) if self.exact else of_median(self.values)

    @property
    def has_cycles(self) -> bool:
        """Whether the cycles of every process are known."""
        return not np.isnan(self.cycles).any()

    def summary(self) -> dict[str, Any]:
        """Return the columns of `estimates` that describe the sample, those named in SUMMARY."""
        return {
            "processes": len(self.values),
            "values": self.count,
            "left_out": self.left_out,
            "contended": self.contended,
            "inner_loops": self.inner_loops,
            "smallest": float(self.values.min()),
            "largest": float(self.values.max()),
            "process_values": tuple(float(value) for value in self.values),
        }


Samples = dict[tuple[str, str, str], Sample]


def samples(by_process: pd.DataFrame) -> Samples:
    """Return the sample of each machine, evidence and case, from a table of `processes`."""
    columns = {name: by_process[name].to_numpy() for name in ("slope", *COUNTS)}
    columns |= {name: _numbers(by_process, name) for name in ("value", "cycles", "round")}
    clock_steps = (by_process["clock_resolution"] / by_process["piece_loops"]).fillna(0.0)
    columns["clock_step"] = clock_steps.to_numpy(dtype=np.float64)
    found: Samples = {}
    for key, rows in by_process.groupby(KEY, observed=True, sort=False).indices.items():
        machine, evidence, case = (str(part) for part in cast("tuple[str, str, str]", key))
        of_case = {name: column[rows] for name, column in columns.items()}
        found[machine, evidence, case] = _sample(evidence == "path length", of_case)
    return found


def _sample(exact: bool, of_case: Mapping[str, NDArray[Any]]) -> Sample:
    count, left_out, contended = (int(of_case[name].sum()) for name in COUNTS[:3])
    kept = ~np.isnan(of_case["value"])
    rows = {name: column[kept] for name, column in of_case.items()}
    rounds = None
    if not np.isnan(rows["round"]).any() and np.unique(rows["round"]).size == kept.sum():
        order = rows["round"].argsort(kind="stable")
        rows = {name: column[order] for name, column in rows.items()}
        rounds = tuple(map(int, rows["round"]))
    return Sample(
        exact=exact,
        values=rows["value"],
        rounds=rounds,
        inner_loops=int(rows["inner_loops"][0]),
        slope=bool(rows["slope"][0]),
        count=count,
        left_out=left_out,
        contended=contended,
        cycles=rows["cycles"],
        clock_step=float(rows["clock_step"].max()),
    )


def _numbers(by_process: pd.DataFrame, name: str) -> Numbers:
    return by_process[name].to_numpy(dtype=np.float64, na_value=np.nan)


@dataclass(frozen=True)
class Net:
    """A case net of its fixed overhead (floor), per operation.

    One loop of the floor is subtracted from one loop of the case. What remains is divided by the
    number of operations that the case's loop has besides the floor's: all of its inner loops, or
    for a slope those that the floor's loop lacks.
    """

    case: Sample
    floor: Sample

    @property
    def operations(self) -> int:
        """How many operations one loop of the case has besides the floor's."""
        return self.case.inner_loops - (self.floor.inner_loops if self.case.slope else 0)

    @property
    def subtracted(self) -> float:
        """The overhead subtracted per operation: the floor's share, or what a slope leaves out."""
        if self.case.slope:
            return self.case.value - self.value
        return self.floor.value * self.floor.inner_loops / self.case.inner_loops

    @property
    def value(self) -> float:
        """The net cost per operation, in the unit of the case; may be zero or negative."""
        return self.interval.value

    @property
    def interval(self) -> Interval:
        """The net cost per operation with its interval; an exact one has itself for bounds."""
        if not self.case.exact:
            return self._net(self.case.values, self.floor.values)
        per_loop = self.case.value * self.case.inner_loops
        per_loop -= self.floor.value * self.floor.inner_loops
        # Counts per loop are whole: any other fraction is a rounding error of binary fractions.
        return _exactly(round(per_loop, 6) / self.operations)

    @property
    def cycles(self) -> Interval:
        """The net cost in core cycles with its interval; NaN where they are not known."""
        return self._net(self.case.cycles, self.floor.cycles)

    @property
    def has_cycles(self) -> bool:
        """Whether the cycles of every process of both are known."""
        return self.case.has_cycles and self.floor.has_cycles

    @property
    def clock_step(self) -> float:
        """The shortest time per operation that the clock can resolve, in seconds."""
        return max(self.case.clock_step, self.floor.clock_step) / self.operations

    def _net(self, case: Numbers, floor: Numbers) -> Interval:
        """Return the difference of the medians of both; of a slope the median of the differences.

        The two loops of a slope cost nearly the same and drift together: a difference for each
        round is free of that. The difference of two medians is what the two figures beside it say.
        """
        over = case * (self.case.inner_loops / self.operations)
        under = floor * (self.floor.inner_loops / self.operations)
        shared = self._same_rounds() if self.case.slope else None
        if shared is not None:
            return of_median(over[shared[0]] - under[shared[1]])
        return difference(of_median(over), of_median(under))

    def _same_rounds(self) -> tuple[NDArray[np.int_], NDArray[np.int_]] | None:
        """Return the places of the rounds that both have; None for too few of them."""
        if self.case.rounds is None or self.floor.rounds is None:
            return None
        shared, *places = np.intersect1d(self.case.rounds, self.floor.rounds, return_indices=True)
        return (places[0], places[1]) if shared.size >= ENOUGH_PROCESSES else None


def _exactly(value: float) -> Interval:
    return Interval(value, value, value)
