"""The machines of one kind of evidence, side by side."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import pandas as pd

from ..interval import Interval
from ..reading.assumption import Assumption
from ..reading.result import EVIDENCE, Case, Result
from .estimate import chosen, estimates_of, one_evidence, ratio_of
from .frame import cases, named, tidy
from .per_process import processes
from .sample import Samples, samples


@dataclass(frozen=True)
class ResultSet:
    """Results of one kind of evidence with everything derived from them."""

    evidence: str
    machines: tuple[tuple[str, Result], ...]
    frame: pd.DataFrame
    assumptions: tuple[Assumption, ...] = ()  # what the reader takes to be so, and nobody measured
    listed: pd.DataFrame | None = None  # the cases, where there are no results to take them from

    def __post_init__(self) -> None:
        """Refuse to be of two kinds."""
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
        """A row per case that was asked for, with its state; see `frame.cases`."""
        return cases(self.machines) if self.listed is None else self.listed

    def counts(self, machine: str, case: str) -> Mapping[str, float]:
        """Return what else an operation of a case costs on a machine."""
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
        """Return how many instructions of a case user mode executes; None where it wasn't told."""
        return self._user_mode.get((machine, case))

    @property
    def names(self) -> list[str]:
        """The machines' names."""
        return [name for name, _ in self.machines]

    @property
    def exact(self) -> bool:
        """Tell whether the figures are counts rather than measurements."""
        return self.evidence == "path length"

    @property
    def noun(self) -> str:
        """What its machines are to a reader: one CPU is emulated for all counts."""
        return "kernel" if self.exact else "machine"

    @property
    def unit(self) -> str:
        """What a figure counts."""
        return "instructions" if self.exact else "s"

    def on(self, machine: str) -> pd.DataFrame:
        """Return one machine's estimates."""
        return self._by_machine.get(machine, self.estimates.iloc[:0])

    @cached_property
    def _by_machine(self) -> Mapping[str, pd.DataFrame]:
        return {str(name): rows for name, rows in self.estimates.groupby("machine", sort=False)}

    def ratio(self, over: tuple[str, str], under: tuple[str, str], net: bool) -> Interval:
        """Return the ratio of two cases, each a machine and a case's name."""
        wanted = [self._with_floor(*place) if net else [place] for place in (over, under)]
        first, second = (chosen(self.samples, self.evidence, places) for places in wanted)
        return ratio_of(first, second, same_run=over[0] == under[0])

    def _with_floor(self, machine: str, case: str) -> list[tuple[str, str]]:
        found = self._asked.get((machine, case))
        return [(machine, case), *([(machine, found.floor)] if found and found.floor else [])]


def result_sets(
    results: Sequence[Result], assumptions: Sequence[Assumption] = ()
) -> list[ResultSet]:
    """Sort results by kind of evidence, in the order in which evidence counts."""
    frame = tidy(results)
    machines = named(results)
    one_kind = len({result.evidence for result in results}) == 1
    return [
        ResultSet(
            evidence=kind,
            machines=tuple((name, result) for name, result in machines if result.evidence == kind),
            # A copy of the whole would be as large as the whole.
            frame=frame if one_kind else frame[frame["evidence"] == kind],
            assumptions=tuple(assumptions),
        )
        for kind in EVIDENCE
        if any(result.evidence == kind for result in results)
    ]
