"""Group the measured values by machine and case, as arrays: there may be a million."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import pandas as pd

from ...estimate.per_process import counting
from .baseline import Place

Array = np.ndarray[Any, np.dtype[Any]]


@dataclass(frozen=True)
class CaseValues:
    """The values of one case on one machine, with the readings taken with each."""

    columns: Mapping[str, Array]
    processes: Sequence[slice]  # in run order where the file has the rounds

    def of(self, column: str, process: slice | None = None) -> Array:
        """Return a column, of one process or of all."""
        found = self.columns[column]
        return found if process is None else found[process]

    def is_zero(self, column: str) -> bool:
        """Return whether a column was read and is zero throughout."""
        known = self.columns[column][~np.isnan(self.columns[column])]
        return bool(known.size and not known.any())

    def has_nonzero(self, column: str) -> bool:
        """Return whether a column has a number other than zero."""
        return bool(np.nan_to_num(self.columns[column]).any())

    def median(self, process: slice) -> float | None:
        """Return the median of a process's values, without those left out; None for none."""
        kept = sorted(self.of("value", process)[~self.of("left_out", process)].tolist())
        # For so few values numpy's median is twenty times slower.
        return (kept[(len(kept) - 1) // 2] + kept[len(kept) // 2]) / 2 if kept else None


def values_by_case(frame: pd.DataFrame, columns: Sequence[str]) -> dict[Place, CaseValues]:
    """Return the measured values of each machine and case, with these columns of a tidy frame."""
    frame = frame[frame["state"] == "measured"]
    arrays = {name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in columns}
    arrays["left_out"] = ~counting(frame).to_numpy(dtype=bool)
    arrays |= {
        name: frame[name].to_numpy(dtype=float, na_value=np.nan) for name in ("process", "round")
    }
    machines, cases = (np.asarray(frame[name].astype(str)) for name in ("machine", "case"))
    found = {}
    for part in _runs(frame["machine"].cat.codes.to_numpy(), frame["case"].cat.codes.to_numpy()):
        own = {name: values[part] for name, values in arrays.items()}
        found[str(machines[part.start]), str(cases[part.start])] = CaseValues(own, _in_order(own))
    return found


def _runs(*keys: Array) -> Iterator[slice]:
    """Give the slices in which no key changes."""
    if not keys[0].size:
        return
    changed = np.flatnonzero(np.any([key[1:] != key[:-1] for key in keys], axis=0)) + 1
    edges = [0, *(int(edge) for edge in changed), keys[0].size]
    for start, end in pairwise(edges):
        yield slice(start, end)


def _in_order(columns: Mapping[str, Array]) -> list[slice]:
    """Return a slice per process, in the order of their rounds where all are known."""
    found = list(_runs(columns["process"]))
    rounds = [float(columns["round"][process.start]) for process in found]
    if np.isnan(rounds).any():
        return found
    return [found[place] for place in np.argsort(rounds, kind="stable")]
