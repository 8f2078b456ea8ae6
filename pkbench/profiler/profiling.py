"""The profile of one case: counted, sampled, traced, each apart from the others."""

import statistics
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeVar

from pkbench.catalogue import Case
from pkbench.profiler import code, counting, sampling, timeline
from pkbench.profiler.code import Instruction
from pkbench.profiler.conversation import Conversation, NoAnswer
from pkbench.profiler.counting import Known, Quantity
from pkbench.profiler.processes import ProgramError
from pkbench.profiler.sampling import Samples
from pkbench.profiler.timeline import Timeline

TIMEOUT = 120.0  # seconds that a case may take for one thing
VALUES = 7
VALUE_SECONDS = 0.004
COUNTED_SECONDS = 0.02
ANNOTATED = "instruction"  # the family whose cost the kernel has no part in

Found = TypeVar("Found")


@dataclass(frozen=True)
class Timing:
    """What an operation took while a profiler looked on, or none."""

    how: str  # alone, counted, sampled
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
    work = _Profiling(case, known, seconds)
    try:
        work.count()
        work.look()
    except NoAnswer as none:
        return Profiled(case.name, case.benchmark.operation, none.state, none.reason)
    return work.found()


class _Profiling:
    """A profile as it grows."""

    def __init__(self, case: Case, known: Known, seconds: float) -> None:
        self._case, self._known, self._seconds = case, known, seconds
        self._quantities: list[Quantity] = []
        self._timings: list[Timing] = []
        self._missing: dict[str, str] = {}
        self._samples: Samples | None = None
        self._instructions: list[Instruction] = []
        self._timeline: Timeline | None = None
        self._operations, self._loops, self._remark = 0, 1, ""

    def count(self) -> None:
        """Count, in a process of its own: events must be there before the case's threads are."""
        with Conversation(self._case.name, self._known.events, TIMEOUT) as talk:
            timed = talk.ask("time", loops=0, value_seconds=VALUE_SECONDS, values=VALUES)
            self._loops = int(timed["loops"])
            self._time("counted", timed["values"])
            longer = COUNTED_SECONDS / VALUE_SECONDS
            loops = max(2, round(self._loops * longer))
            counted = talk.ask("count", loops=loops)
            talk.ask("close")
        inner = self._case.benchmark.inner_loops
        self._operations = (loops - 1) * inner * counted["members"]
        self._quantities = list(counting.quantities(counted, loops, inner, self._known.events))
        if talk.opened["times_itself"]:
            self._remark = "what the operation needs besides, untimed, is counted with it"

    def look(self) -> None:
        """Time, sample and trace, in a process without events."""
        with Conversation(self._case.name, (), TIMEOUT) as talk:
            times = {"loops": self._loops, "values": VALUES}
            before = talk.ask("time", **times)["values"]
            self._try("samples", lambda: self._sample(talk))
            after = talk.ask("time", **times)["values"]
            self._time("alone", [*before, *after])
            if self._case.benchmark.threads:
                self._try("timeline", lambda: self._trace(talk))
            if self._case.benchmark.family == ANNOTATED:
                self._try("instructions", lambda: self._annotate(talk))
            talk.ask("close")

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

    def _try(self, what: str, work: Callable[[], None]) -> None:
        try:
            work()
        except ProgramError as error:
            self._missing[what] = str(error)

    def _sample(self, talk: Conversation) -> None:
        cycles = counting.value_of(self._quantities, "core_cycles") is not None
        self._samples = sampling.sample(talk, self._loops, self._seconds, cycles)
        self._time("sampled", list(self._samples.values))

    def _trace(self, talk: Conversation) -> None:
        calls = counting.value_of(self._quantities, "system_calls")
        if calls is None:
            raise ProgramError("system calls can't be counted here, so no operation can be told")
        events = set(self._known.tracepoints)
        self._timeline = timeline.trace(talk, self._loops, calls, events)

    def _annotate(self, talk: Conversation) -> None:
        places = self._samples.places if self._samples else {}
        at = talk.opened["functions"]["timed"]
        self._instructions = code.annotated(talk.opened["module"], at, places)
