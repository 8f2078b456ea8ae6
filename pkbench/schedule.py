"""Rounds of worker processes: calibrated once, interleaved, each a line in the journal."""

import math
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pkbench import launch
from pkbench.catalogue import Case
from pkbench.journal import Journal
from pkbench.order import grouped, round_order, share_loops
from pkbench.profiles import SECONDS_PER_GIB, Profile
from pkbench.resultfile import Metadata, Run, public

# Beyond what a worker was expected to take, it hangs.
TIMEOUT_SECONDS = 60.0
TIMEOUT_RATIO = 20.0
# Of the available memory, what a case may populate.
MEMORY_SHARE = 0.9


@dataclass(frozen=True)
class Step:
    """Progress: a worker process is about to run, or the end."""

    case: str
    round: int  # 0: calibration
    done: float  # share of the run that lies behind, 0 to 1


@dataclass
class Record:
    """What has become of the cases so far."""

    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)  # skipped or failed, and why
    loops: dict[str, int] = field(default_factory=dict)
    elapsed: dict[str, float] = field(default_factory=dict)  # seconds of a value, by calibration
    runs: dict[str, list[Run]] = field(default_factory=dict)
    rounds: int = 0  # finished
    seconds: float = 0.0  # that calibration and the finished rounds took
    stopped: str = ""  # what ended the run: rounds or budget

    def state(self, case: str) -> tuple[str, str]:
        """Return a case's state and reason."""
        if case in self.reasons:
            return self.reasons[case]
        return ("measured", "") if self.runs.get(case) else ("skipped", "the run ended before it")

    def take(self, entry: dict[str, Any]) -> None:
        """Take in an entry of the journal."""
        case = entry.get("case", "")
        match entry["kind"]:
            case "loops":
                self.loops[case] = entry["loops"]
                self.elapsed[case] = entry["elapsed"]
            case "run":
                self.runs.setdefault(case, []).append(entry["run"])
            case "state":
                self.reasons[case] = (entry["state"], entry["reason"])
            case "round":
                self.rounds = entry["round"]
                self.seconds += entry["seconds"]

    @property
    def timed_share(self) -> float:
        """Return how much of the time was spent in timed loops, warmups included."""
        timed = sum(_timed(run) for runs in self.runs.values() for run in runs)
        return timed / self.seconds if self.seconds else 0.0


@dataclass
class Schedule:
    """One run: which cases, how much of each, in which order."""

    cases: Sequence[Case]
    profile: Profile
    seed: int
    machine_name: str
    journal: Journal
    progress: Callable[[Step], None]
    record: Record = field(default_factory=Record)
    clock: Callable[[], float] = time.monotonic

    def run(self) -> Record:
        """Measure until the rounds or the budget are done."""
        began = self.clock()
        self._skip_what_cannot_run()
        self._calibrate()
        groups = grouped(self._left())
        loops = self._loops(groups)
        for number in range(self.record.rounds, self.profile.rounds):
            if self._over_budget(began, number):
                self.record.stopped = "budget"
                break
            self._round(number, groups, loops)
        else:
            self.record.stopped = "rounds"
        return self.record

    def _left(self) -> list[Case]:
        return [case for case in self.cases if case.name not in self.record.reasons]

    def _note(self, kind: str, **entry: Any) -> None:
        entry["kind"] = kind
        self.journal.append(entry)
        self.record.take(entry)

    def _skip_what_cannot_run(self) -> None:
        available = available_memory()
        for case in self._left():
            reason = case.skipped() or too_large(case, available)
            if reason:
                self._note("state", case=case.name, state="skipped", reason=reason)

    def _calibrate(self) -> None:
        began = self.clock()
        cases = [case for case in self._left() if case.name not in self.record.loops]
        for index, case in enumerate(cases):
            share = 1 / (self.profile.rounds + 1)
            self.progress(Step(case.name, 0, share * index / len(cases)))
            if self.profile.loops:
                self._note("loops", case=case.name, loops=self.profile.loops, elapsed=0.0)
                continue
            timeout = TIMEOUT_SECONDS + case.memory / 2**30 * SECONDS_PER_GIB * TIMEOUT_RATIO
            outcome = launch.calibrate(case.name, self.profile.value_seconds, timeout)
            if outcome.state == "measured":
                found = outcome.document
                self._note(
                    "loops",
                    case=case.name,
                    loops=found["loops"],
                    elapsed=found["elapsed"],
                )
            else:
                self._note("state", case=case.name, state=outcome.state, reason=outcome.reason)
        self._note("round", round=self.record.rounds, seconds=self.clock() - began)

    def _loops(self, groups: Iterable[Sequence[Case]]) -> dict[Case, int]:
        loops: dict[Case, int] = {}
        for group in groups:
            found = {case: self.record.loops[case.name] for case in group}
            elapsed = {case: self.record.elapsed[case.name] for case in group}
            loops |= share_loops(group, found, elapsed, self.profile.value_seconds)
        return loops

    def _over_budget(self, began: float, number: int) -> bool:
        """Whether another round like those before would end after the budget."""
        if number < self.profile.least_rounds:
            return False
        spent = self.clock() - began
        return spent * (number + 2) / (number + 1) > self.profile.budget

    def _round(self, number: int, groups: Sequence[Sequence[Case]], loops: dict[Case, int]) -> None:
        began = self.clock()
        order = round_order(groups, self.seed, number)
        measured = {
            case.name
            for case in order
            for run in self.record.runs.get(case.name, [])
            if run["metadata"]["pkbench_round"] == number
        }
        for position, case in enumerate(order):
            if case.name in measured or case.name in self.record.reasons:
                continue
            done = (number + 1 + position / len(order)) / (self.profile.rounds + 1)
            self.progress(Step(case.name, number + 1, done))
            self._measure(case, loops[case], number, position)
        self._note("round", round=number + 1, seconds=self.clock() - began)

    def _measure(self, case: Case, loops: int, number: int, position: int) -> None:
        calibrated = self.record.elapsed[case.name] / self.record.loops[case.name]
        expected = calibrated * loops * (self.profile.values + self.profile.warmups)
        timeout = TIMEOUT_SECONDS + TIMEOUT_RATIO * (
            expected + case.memory / 2**30 * SECONDS_PER_GIB
        )
        outcome = launch.measure(
            case.name, loops, self.profile.values, self.profile.warmups, timeout
        )
        if outcome.state != "measured":
            self._note("state", case=case.name, state=outcome.state, reason=outcome.reason)
            return
        try:
            run = read_run(outcome.document, case.name, self.profile.values)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            reason = f"the worker's answer can't be used: {error}"
            self._note("state", case=case.name, state="failed", reason=reason)
            return
        run["metadata"] = public(run["metadata"], self.machine_name)
        run["metadata"] |= {"pkbench_round": number, "pkbench_position": position}
        self._note("run", case=case.name, run=run)


def _timed(run: Run) -> float:
    """Return the seconds that a run spent in timed loops."""
    metadata = run["metadata"]
    operations = metadata["loops"] * metadata.get("inner_loops", 1)
    costs = [*run["values"], *(value for _, value in run.get("warmups", ()))]
    return float(sum(costs) * operations)


def read_run(document: dict[str, Any], case: str, values: int) -> Run:
    """Return the one run of a worker's suite; one of Python's own errors where it isn't one."""
    (benchmark,) = document["benchmarks"]
    (run,) = benchmark["runs"]
    metadata: Metadata = {
        **document.get("metadata", {}),
        **benchmark.get("metadata", {}),
        **run.get("metadata", {}),
    }
    if metadata["name"] != case:
        raise ValueError(f"it is about {metadata['name']!r}")
    if len(run["values"]) != values:
        raise ValueError(f"it holds {len(run['values'])} values instead of {values}")
    for value in run["values"]:
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"it holds the value {value!r}")
    return {**run, "metadata": metadata}


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return how many bytes the kernel says could be had without swapping."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def too_large(case: Case, available: int | None) -> str:
    """Return why a case doesn't fit into memory, or ""."""
    if available is None or case.memory <= available * MEMORY_SHARE:
        return ""
    needed, had = case.memory / 2**30, available / 2**30
    return f"it populates {needed:.1f} GiB, and {had:.1f} GiB are available"
