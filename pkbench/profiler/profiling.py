"""Profile one case: count, sample and trace it, one after the other."""

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkbench.cases.catalogue import Case
from pkbench.profiler import counting
from pkbench.profiler.conversation import Conversation, NoAnswer, wait_for_ends
from pkbench.profiler.counting import Known, Quantity
from pkbench.profiler.perf import code, sampling, timeline
from pkbench.profiler.perf.code import Instruction
from pkbench.profiler.perf.sampling import Recording, Samples
from pkbench.profiler.perf.timeline import Timeline
from pkbench.profiler.processes import ProgramError

TIMEOUT = 120.0  # seconds that each step of a case may take
VALUES, FEW_VALUES = 5, 4
VALUE_SECONDS = 0.004
COUNTED_SECONDS = 0.016
ANNOTATED = "instruction"  # the family that never enters the kernel


@dataclass(frozen=True)
class Timing:
    """How long an operation took, with or without a profiler."""

    how: str  # unprofiled, counted, sampled
    seconds: float  # the median
    shortest: float  # the one that SMT contention disturbs least
    values: int


@dataclass(frozen=True)
class Profiled:
    """The profile of one case; `missing` says why a part is absent."""

    case: str
    operation: str
    state: str  # measured, skipped or failed
    reason: str = ""
    operations: int = 0  # that were counted
    remark: str = ""  # what else the counts contain
    quantities: tuple[Quantity, ...] = ()
    timings: tuple[Timing, ...] = ()
    samples: Samples | None = None
    instructions: tuple[Instruction, ...] = ()
    timeline: Timeline | None = None
    missing: dict[str, str] = field(default_factory=dict)  # part of the profile -> why


def profile(case: Case, known: Known, seconds: float) -> Profiled:
    """Profile a case, and sample it for so many seconds."""
    skipped = case.skipped()
    if skipped:
        return Profiled(case.name, case.benchmark.operation, "skipped", skipped)
    with tempfile.TemporaryDirectory(prefix="pkbench-") as folder:
        work = _Profiling(case, known, seconds, Path(folder))
        try:
            with Conversation(case.name, (), TIMEOUT) as talk:
                work.time_and_sample(talk)
                work.count(talk)
        except NoAnswer as none:
            return Profiled(case.name, case.benchmark.operation, none.state, none.reason)
        work.read()
        return work.result()


class _Profiling:
    """A profile that is being made."""

    def __init__(self, case: Case, known: Known, seconds: float, folder: Path) -> None:
        self._case, self._known, self._seconds = case, known, seconds
        self._folder = folder
        self._quantities: list[Quantity] = []
        self._timings: list[Timing] = []
        self._missing: dict[str, str] = {}
        self._recording: Recording | None = None
        self._trace: Path | None = None
        self._opened: dict[str, Any] = {}
        self._samples: Samples | None = None
        self._instructions: list[Instruction] = []
        self._timeline: Timeline | None = None
        self._operations, self._loops, self._remark = 0, 1, ""

    def time_and_sample(self, talk: Conversation) -> None:
        """Time and sample the case, while no events are open."""
        found = talk.ask("time", loops=0, value_seconds=VALUE_SECONDS, values=1)
        self._loops = int(found["loops"])
        times = {"loops": self._loops, "values": VALUES}
        wait_for_ends()
        before = talk.ask("time", **times)["values"]
        with self._or_reason("samples"):
            self._sample(talk)
        after = talk.ask("time", **times)["values"]
        self._time("unprofiled", [*before, *after])
        talk.ask("close")

    def count(self, talk: Conversation) -> None:
        """Open the case again with the events, which its threads inherit, and count."""
        talk.open(self._case.name, self._known.events)
        self._opened = talk.opened
        timed = talk.ask("time", loops=self._loops, values=FEW_VALUES)
        self._time("counted", timed["values"])
        loops = max(2, round(self._loops * COUNTED_SECONDS / VALUE_SECONDS))
        counted = talk.ask("count", loops=loops)
        if self._case.benchmark.threads:
            with self._or_reason("timeline"):
                known = self._known.tracepoints
                self._trace = timeline.trace(talk, self._loops, known, self._folder)
        talk.ask("close")
        inner = self._case.benchmark.inner_loops
        self._operations = (loops - 1) * inner * counted["members"]
        self._quantities = list(counting.quantities(counted, loops, inner, self._known.events))
        if talk.opened["times_itself"]:
            self._remark = "the counts include untimed work around the operation"

    def read(self) -> None:
        """Read the recordings, now that nothing is timed."""
        if self._recording:
            with self._or_reason("samples"):
                self._samples = sampling.read(self._recording)
        if self._trace:
            with self._or_reason("timeline"):
                calls = counting.value_of(self._quantities, "system_calls") or 0
                caller = self._opened["processes"][0]
                self._timeline = timeline.read(self._trace, caller, calls)
        if self._case.benchmark.family == ANNOTATED:
            with self._or_reason("instructions"):
                places = self._samples.places if self._samples else {}
                at = self._opened["functions"]["timed"]
                self._instructions = code.annotated(self._opened["module"], at, places)

    def result(self) -> Profiled:
        """Return the profile."""
        return Profiled(
            self._case.name,
            self._case.benchmark.operation,
            "measured",
            "",
            self._operations,
            self._remark,
            tuple(self._quantities),
            tuple(sorted(self._timings, key=lambda timing: timing.how)),
            self._samples,
            tuple(self._instructions),
            self._timeline,
            self._missing,
        )

    def _time(self, how: str, values: list[float]) -> None:
        if values:
            self._timings.append(Timing(how, statistics.median(values), min(values), len(values)))

    @contextlib.contextmanager
    def _or_reason(self, part: str) -> Iterator[None]:
        try:
            yield
        except ProgramError as error:
            self._missing[part] = str(error)

    def _sample(self, talk: Conversation) -> None:
        self._recording = sampling.sample(
            talk, self._loops, self._seconds, self._known.cycles, self._folder
        )
        self._time("sampled", list(self._recording.values))
