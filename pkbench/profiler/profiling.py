"""The profile of one case: counted, sampled, traced, each apart from the others."""

import contextlib
import statistics
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkbench.cases.catalogue import Case
from pkbench.profiler import code, counting, sampling, timeline
from pkbench.profiler.code import Instruction
from pkbench.profiler.conversation import Conversation, NoAnswer, wait_for_ends
from pkbench.profiler.counting import Known, Quantity
from pkbench.profiler.processes import ProgramError
from pkbench.profiler.sampling import Recording, Samples
from pkbench.profiler.timeline import Timeline

TIMEOUT = 120.0  # seconds that a case may take for one thing
VALUES, FEW_VALUES = 5, 4
VALUE_SECONDS = 0.004
COUNTED_SECONDS = 0.016
ANNOTATED = "instruction"  # the family whose cost the kernel has no part in


@dataclass(frozen=True)
class Timing:
    """What an operation took while a profiler looked on, or none."""

    how: str  # unprofiled, counted, sampled
    seconds: float  # the median
    shortest: float  # that a neighbour on the core disturbs least
    values: int


@dataclass(frozen=True)
class Profiled:
    """What was found about one case; what could not be found has a reason."""

    case: str
    operation: str
    state: str  # measured, skipped or failed
    reason: str = ""
    operations: int = 0  # that were counted
    remark: str = ""  # what else is in the counts
    quantities: tuple[Quantity, ...] = ()
    timings: tuple[Timing, ...] = ()
    samples: Samples | None = None
    instructions: tuple[Instruction, ...] = ()
    timeline: Timeline | None = None
    missing: dict[str, str] = field(default_factory=dict)  # part of the profile -> why


def profile(case: Case, known: Known, seconds: float) -> Profiled:
    """Profile a case, sampling it for so long."""
    skipped = case.skipped()
    if skipped:
        return Profiled(case.name, case.benchmark.operation, "skipped", skipped)
    with tempfile.TemporaryDirectory(prefix="pkbench-") as folder:
        work = _Profiling(case, known, seconds, Path(folder))
        try:
            with Conversation(case.name, (), TIMEOUT) as talk:
                work.look(talk)
                work.count(talk)
        except NoAnswer as none:
            return Profiled(case.name, case.benchmark.operation, none.state, none.reason)
        work.read()
        return work.found()


class _Profiling:
    """A profile as it grows."""

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

    def look(self, talk: Conversation) -> None:
        """Time and sample, while the process has no events."""
        found = talk.ask("time", loops=0, value_seconds=VALUE_SECONDS, values=1)
        self._loops = int(found["loops"])
        times = {"loops": self._loops, "values": VALUES}
        wait_for_ends()
        before = talk.ask("time", **times)["values"]
        with self._or_why_not("samples"):
            self._sample(talk)
        after = talk.ask("time", **times)["values"]
        self._time("unprofiled", [*before, *after])
        talk.ask("close")

    def count(self, talk: Conversation) -> None:
        """Count, with the case opened anew: events must be there before its threads are."""
        talk.open(self._case.name, self._known.events)
        self._opened = talk.opened
        timed = talk.ask("time", loops=self._loops, values=FEW_VALUES)
        self._time("counted", timed["values"])
        loops = max(2, round(self._loops * COUNTED_SECONDS / VALUE_SECONDS))
        counted = talk.ask("count", loops=loops)
        if self._case.benchmark.threads:
            with self._or_why_not("timeline"):
                known = self._known.tracepoints
                self._trace = timeline.trace(talk, self._loops, known, self._folder)
        talk.ask("close")
        inner = self._case.benchmark.inner_loops
        self._operations = (loops - 1) * inner * counted["members"]
        self._quantities = list(counting.quantities(counted, loops, inner, self._known.events))
        if talk.opened["times_itself"]:
            self._remark = "what the operation needs besides, untimed, is counted with it"

    def read(self) -> None:
        """Read what was recorded, now that nothing is timed."""
        if self._recording:
            with self._or_why_not("samples"):
                self._samples = sampling.read(self._recording)
        if self._trace:
            with self._or_why_not("timeline"):
                calls = counting.value_of(self._quantities, "system_calls") or 0
                caller = self._opened["processes"][0]
                self._timeline = timeline.read(self._trace, caller, calls)
        if self._case.benchmark.family == ANNOTATED:
            with self._or_why_not("instructions"):
                places = self._samples.places if self._samples else {}
                at = self._opened["functions"]["timed"]
                self._instructions = code.annotated(self._opened["module"], at, places)

    def found(self) -> Profiled:
        """Return what there is."""
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
    def _or_why_not(self, part: str) -> Iterator[None]:
        try:
            yield
        except ProgramError as error:
            self._missing[part] = str(error)

    def _sample(self, talk: Conversation) -> None:
        self._recording = sampling.sample(
            talk, self._loops, self._seconds, self._known.cycles, self._folder
        )
        self._time("sampled", list(self._recording.values))
