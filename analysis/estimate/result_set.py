"""The results of one kind of evidence, with everything derived from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from ..interval import Interval
from ..reading.assumption import Assumption
from ..reading.result import EVIDENCE, Case, Result
from .case_list import cases
from .case_patterns import matching, with_floors
from .estimate import estimates_of, one_evidence
from .frame import tidy
from .machine_names import named
from .per_process import processes
from .ratio import of_sides, side
from .sample import Numbers, Samples, samples

Place = tuple[str, str]  # a machine's name and a case's


@dataclass(frozen=True)
class ResultSet:
    """Results of one kind of evidence, with everything derived from them; `result_sets` makes it.

    Raises EvidenceError where the frame holds more than one kind of evidence.
    """

    evidence: str  # silicon, path length or function; "" of an empty frame
    machines: tuple[tuple[str, Result], ...]  # name and result; empty for a frame without files
    frame: pd.DataFrame  # as `tidy` gives it
    assumptions: tuple[Assumption, ...] = ()  # costs that the reader assumes, not measured ones
    listed: pd.DataFrame | None = None  # the table of `cases`, where there are no results for it
    chosen: frozenset[str] | None = None  # cases; None for all. The frame has their floors as well

    def __post_init__(self) -> None:
        """Refuse a frame of several kinds of evidence."""
        one_evidence(self.frame)

    @cached_property
    def samples(self) -> Samples:
        """The process-level figures of each measured case."""
        return samples(processes(self.frame))

    @cached_property
    def estimates(self) -> pd.DataFrame:
        """A row per measured case; see `estimate.estimates`."""
        return estimates_of(self.frame, self.samples)

    @cached_property
    def cases(self) -> pd.DataFrame:
        """A row per case that was asked for, with its state; see `case_list.cases`."""
        if self.listed is not None:
            return self.listed
        every = cases(self.machines)
        if self.chosen is None:
            return every
        wanted = with_floors(self.chosen, [result for _, result in self.machines])
        return every[every["case"].isin(wanted)].reset_index(drop=True)

    def counts(self, machine: str, case: str) -> Mapping[str, float]:
        """Return what else one operation of a case costs on a machine, a number by its name."""
        found = self._asked.get((machine, case))
        return found.counts if found else {}

    @cached_property
    def _asked(self) -> Mapping[tuple[str, str], Case]:
        return {(name, case.name): case for name, result in self.machines for case in result.cases}

    @cached_property
    def _user_mode(self) -> Mapping[tuple[str, str], float]:
        return {
            (name, process.case): process.per_value["user_instructions"][0]
            for name, result in self.machines
            for process in result.processes
            if process.per_value.get("user_instructions")
        }

    def in_user_mode(self, machine: str, case: str) -> float | None:
        """Return how many instructions per operation run in user mode; None where not counted."""
        return self._user_mode.get((machine, case))

    @property
    def names(self) -> list[str]:
        """The machines' names."""
        return [name for name, _ in self.machines]

    @property
    def exact(self) -> bool:
        """Whether the costs are exact counts rather than measured times."""
        return self.evidence == "path length"

    @property
    def noun(self) -> str:
        """What its machines are: for counts kernels, as all emulate one CPU; or runs of one."""
        if self.exact:
            return "kernel"
        several = len(self.machines) > 1 and len({result.name for _, result in self.machines}) == 1
        return "run" if several else "machine"

    @property
    def unit(self) -> str:
        """The unit of its costs: s or instructions."""
        return "instructions" if self.exact else "s"

    def on(self, machine: str) -> pd.DataFrame:
        """Return one machine's rows of `estimates`; none for an unknown machine."""
        return self._by_machine.get(machine, self.estimates.iloc[:0])

    @cached_property
    def _by_machine(self) -> Mapping[str, pd.DataFrame]:
        return {str(name): rows for name, rows in self.estimates.groupby("machine", sort=False)}

    def ratio(self, over: Place, under: Place, net: bool) -> Interval:
        """Return how many times case `over` costs what case `under` does; see `ratio.ratio`.

        Raises KeyError where one of the two, or with `net` its floor, was not measured.
        """
        first, second = (
            side(
                self.samples,
                (machine, self.evidence, case),
                self._floors.get((machine, case), "") if net else "",
            )
            for machine, case in (over, under)
        )
        return of_sides(first, second)

    def ratio_bounds(self, pairs: Iterable[tuple[Place, Place]]) -> Numbers:
        """Return the bounds of the ratio of each pair of measured cases, both as measured.

        Of a pair the second divides the first. The array has a row (low, high) per pair: the 95 %
        interval of `ratio.of_sides`; NaN where it has no bounds.
        """
        kind, found = self.evidence, self.samples
        intervals = (
            of_sides(found[over[0], kind, over[1]], found[under[0], kind, under[1]])
            for over, under in pairs
        )
        return np.array([(each.low, each.high) for each in intervals], dtype=float).reshape(-1, 2)

    @cached_property
    def _floors(self) -> Mapping[tuple[str, str], str]:
        rows = self.frame[["machine", "case", "floor"]].drop_duplicates().astype(str)
        return {
            (machine, case): floor
            for machine, case, floor in zip(
                rows["machine"], rows["case"], rows["floor"], strict=True
            )
        }


def result_sets(
    results: Sequence[Result],
    assumptions: Sequence[Assumption] = (),
    patterns: Sequence[str] = (),
) -> list[ResultSet]:
    """Return a result set for each kind of evidence among some results, silicon first.

    With `patterns`, only of the cases that match one and of their floors; see `case_patterns`.
    Which values are contended is decided by all cases all the same.
    """
    frame = tidy(results)
    machines = named(results)
    chosen = matching(patterns, results)
    if chosen is not None:
        frame = frame[frame["case"].isin(with_floors(chosen, results))]
    one_kind = len({result.evidence for result in results}) == 1
    return [
        ResultSet(
            evidence=kind,
            machines=tuple((name, result) for name, result in machines if result.evidence == kind),
            # Selecting rows copies them: a copy of the whole frame would double the memory.
            frame=frame if one_kind else frame[frame["evidence"] == kind],
            assumptions=tuple(assumptions),
            chosen=chosen,
        )
        for kind in EVIDENCE
        if any(result.evidence == kind for result in results)
    ]
