"""The process-level figures of one case, with and without its floor's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

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
    """The process-level figures of one case."""

    exact: bool
    values: Numbers
    rounds: tuple[int, ...] | None
    inner_loops: int
    slope: bool  # its floor is the same loop with fewer of the same operation
    count: int
    left_out: int  # of these values
    contended: int  # of those that weren't: taken beside somebody else on the core
    cycles: Numbers  # likewise in core cycles; NaN where they can't be told
    clock_step: float  # seconds of an iteration that the clock can't tell; 0 where it isn't known

    @property
    def value(self) -> float:
        """The estimate: the shortest boot for exact counts, else the median over processes."""
        return float(self.values.min() if self.exact else np.median(self.values))

    @property
    def has_cycles(self) -> bool:
        """Tell whether the cycles of each process are known."""
        return not np.isnan(self.cycles).any()

    def summary(self) -> dict[str, Any]:
        """Return what a table says of the sample beside its estimate."""
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

    def paired_with(self, other: Sample) -> bool:
        """Tell whether both were measured in the same rounds."""
        return self.rounds is not None and self.rounds == other.rounds


Samples = dict[tuple[str, str, str], Sample]


def samples(by_process: pd.DataFrame) -> Samples:
    """Return the sample of each machine, evidence and case, from the rows of `processes`."""
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
    """A case without its floor, per operation that its loop holds besides the floor's.

    The floor's loop runs once per loop of the case, so what a loop of it costs is shared by the
    case's inner loops.
    """

    case: Sample
    floor: Sample

    @property
    def operations(self) -> int:
        """How many operations one loop holds besides the floor's."""
        return self.case.inner_loops - (self.floor.inner_loops if self.case.slope else 0)

    @property
    def subtracted(self) -> float:
        """What is taken off an operation: the floor's share, or what a slope leaves out."""
        if self.case.slope:
            return self.case.value - self.value
        return self.floor.value * self.floor.inner_loops / self.case.inner_loops

    @property
    def value(self) -> float:
        """The figure without its floor; may be zero or negative."""
        per_loop = self.case.value * self.case.inner_loops
        per_loop -= self.floor.value * self.floor.inner_loops
        # Counts are whole per loop: what binary fractions left over is no instruction.
        return (round(per_loop, 6) if self.case.exact else per_loop) / self.operations

    @property
    def cycles(self) -> float:
        """The same in core cycles; NaN where they can't be told."""
        over, under = self.cycle_values
        return float(np.median(over) - np.median(under))

    @property
    def has_cycles(self) -> bool:
        """Tell whether the cycles of each process of both are known."""
        return self.case.has_cycles and self.floor.has_cycles

    @property
    def values(self) -> tuple[Numbers, Numbers]:
        """What is taken the difference of, per process: the case, the floor."""
        return self._shared(self.case.values), self._shared(self.floor.values, self.floor)

    @property
    def cycle_values(self) -> tuple[Numbers, Numbers]:
        """The same in core cycles."""
        return self._shared(self.case.cycles), self._shared(self.floor.cycles, self.floor)

    @property
    def clock_step(self) -> float:
        """The least that the clock can tell of one operation, in seconds."""
        return max(self.case.clock_step, self.floor.clock_step) / self.operations

    def _shared(self, values: Numbers, of: Sample | None = None) -> Numbers:
        return values * ((of or self.case).inner_loops / self.operations)
