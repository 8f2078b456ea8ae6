"""Define what a profile file holds, as checked objects."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ..flame.folded import Stack

UNPROFILED, COUNTED, SAMPLED = "unprofiled", "counted", "sampled"  # how an operation was timed


@dataclass(frozen=True)
class Quantity:
    """How often something happens in one operation, or the reason why that is not known."""

    quantity: str
    per_operation: float | None
    source: str
    reason: str = ""


@dataclass(frozen=True)
class Samples:
    """Where the time went, as perf sampled it some thousand times a second."""

    event: str
    frequency: int
    remark: str
    profiler_samples: int  # samples of work that only profiling causes; left out of `timed`
    stacks: Mapping[Stack, int]  # of all threads
    timed: Mapping[Stack, int]  # of the calling thread in the operation

    @property
    def sees_kernel(self) -> bool:
        """Whether the kernel was sampled as well: perf's `:u` restricts an event to user mode."""
        return not self.event.endswith(":u")

    @property
    def by_time(self) -> bool:
        """Whether a clock triggered the samples, because there was no counter of cycles."""
        return self.event.startswith("cpu-clock")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a timed function."""

    address: int
    text: str
    in_loop: bool
    samples: int


@dataclass(frozen=True)
class Part:
    """What one thread did between two moments of an operation, in nanoseconds from its start."""

    lane: int
    start: int
    end: int
    kind: str
    text: str


@dataclass(frozen=True)
class Timeline:
    """One operation that several threads take part in."""

    lanes: tuple[str, ...]
    nanoseconds: int
    system_calls: int
    operations: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class CaseProfile:
    """The profile of one case."""

    case: str
    operation: str
    state: str
    reason: str
    operations: int
    remark: str
    quantities: tuple[Quantity, ...]
    seconds: Mapping[str, float]  # of an operation: unprofiled, counted, sampled; medians
    shortest: Mapping[str, float]  # likewise, the shortest values
    samples: Samples | None
    instructions: tuple[Instruction, ...]
    timeline: Timeline | None
    missing: Mapping[str, str] = field(default_factory=dict)

    def per_operation(self, quantity: str) -> float | None:
        """Return one quantity per operation, None where it is not known."""
        found = (each.per_operation for each in self.quantities if each.quantity == quantity)
        return next(found, None)


@dataclass(frozen=True)
class Profile:
    """One profile file: a machine and its cases."""

    path: Path
    machine: Mapping[str, str]
    date: str
    version: str
    command: str
    cases: tuple[CaseProfile, ...]

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.machine.get("name") or self.path.parent.name

    def of(self, case: str) -> CaseProfile | None:
        """Return the profile of a case, None where the file has none."""
        return next((each for each in self.cases if each.case == case), None)
