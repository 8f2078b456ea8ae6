"""Rounds of worker processes, until each case is known well enough or the budget is spent."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, NamedTuple

from pkbench.cases.catalogue import Case
from pkbench.resultfile import Metadata, Run, per_value, public
from pkbench.run import child
from pkbench.run.journal import Journal
from pkbench.run.order import batches, grouped, round_order, share_loops
from pkbench.run.presets import SECONDS_PER_GIB, Preset
from pkbench.run.pyperf_metadata import surroundings
from pkbench.run.stop_rule import (
    DISTURBANCES,
    NO_CORE,
    Core,
    Figures,
    Process,
    best_values,
    core_of,
    figures,
    half_width,
    number_uncontended,
    read,
    spread,
)
from pkbench.turns import Turns, at_the_last_cpu
from pkbench.worker import smt_contention

# Beyond what a worker was expected to take, it hangs.
TIMEOUT_SECONDS = 60.0
TIMEOUT_RATIO = 20.0
# What a worker process is given to do: some ten times its start.
PARCEL_SECONDS = 2.0
# What the stop rule reads beside the values.
READINGS = ("add_seconds", "multiply_seconds", "nop_cycles", "branch_cycles", *DISTURBANCES)
# While somebody else is on the core, a process goes on until it has as many values of its own core
# as it was to take: at most so many times as many, and so many seconds longer.
RETAKES, RETAKE_SECONDS = 3, 0.1
# Of the available memory, what a case may populate.
MEMORY_SHARE = 0.9


@dataclass(frozen=True)
class Step:
    """Progress: a worker process is about to run, is waiting for its turn, or the end."""

    case: str
    round: int  # 0: calibration
    done: float  # share of the run that lies behind, 0 to 1
    waiting: bool = False  # for another run's turn to end


@dataclass
class Record:
    """What has become of the cases so far."""

    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)  # skipped or failed, and why
    loops: dict[str, int] = field(default_factory=dict)
    elapsed: dict[str, float] = field(default_factory=dict)  # seconds of a value, by calibration
    proving: dict[str, float] = field(
        default_factory=dict
    )  # seconds of set-up and proofs, likewise
    runs: dict[str, list[Run]] = field(default_factory=dict)
    read: dict[str, list[Process]] = field(default_factory=dict)  # of each run, for the stop rule
    rounds: int = 0  # finished
    seconds: float = 0.0  # that calibration and the finished rounds took
    own_seconds: float = 0.0  # of these, in the cases' own set-up, proofs and preparations
    timed_seconds: float = 0.0  # of these, in timed loops and their chains
    open_own_seconds: float = 0.0  # both likewise of the round that is under way
    open_timed_seconds: float = 0.0
    waited_seconds: float = 0.0  # of `seconds`, while others had their turn
    missed_turns: int = 0  # begun beside one that had not ended its own
    stopped: str = ""  # what ended the run: target, rounds or budget
    settled: set[str] = field(default_factory=set)  # cases that met the target

    def state(self, case: str) -> tuple[str, str]:
        """Return a case's state and reason."""
        if case in self.reasons:
            return self.reasons[case]
        return ("measured", "") if self.runs.get(case) else ("skipped", "the run ended before it")

    def stopped_by(self, case: str) -> str:
        """Return what ended a measured case: target, rounds or budget."""
        return "target" if case in self.settled else self.stopped

    def take(self, entry: dict[str, Any]) -> None:
        """Take in an entry of the journal."""
        case = entry.get("case", "")
        self.open_own_seconds += entry.get("proving", 0.0) + entry.get("preparing", 0.0)
        self.open_timed_seconds += entry.get("timed", 0.0)
        match entry["kind"]:
            case "loops":
                self.loops[case] = entry["loops"]
                self.elapsed[case] = entry["elapsed"]
                self.proving[case] = entry["proving"]
            case "run":
                self.runs.setdefault(case, []).append(entry["run"])
                self.read.setdefault(case, []).append(read(entry["run"]))
            case "runs":  # all that pyperf took of a case
                for run in entry["runs"]:
                    self.runs.setdefault(case, []).append(run)
            case "state":
                self.reasons[case] = (entry["state"], entry["reason"])
            case "round":
                self.rounds = entry["round"]
                self.seconds += entry["seconds"]
                self.own_seconds += self.open_own_seconds
                self.timed_seconds += self.open_timed_seconds
                # Journals of before there were turns hold neither.
                self.waited_seconds += entry.get("waited", 0.0)
                self.missed_turns += entry.get("missed", 0)
                self.forget_open_round()

    def forget_open_round(self) -> None:
        """Leave out of the share what a round took that was interrupted: nobody knows its end."""
        self.open_own_seconds = self.open_timed_seconds = 0.0

    @property
    def timed_share(self) -> float:
        """Return how much of the time was spent in timed loops and their chains.

        Warmups and calibration included; what the cases do besides for themselves, to set up, prove
        and prepare, is left out of the whole, and so are the turns of other runs.
        """
        whole = self.seconds - self.own_seconds - self.waited_seconds
        return self.timed_seconds / whole if whole > 0 else 0.0


@dataclass
class Schedule:
    """One run: which cases, how much of each, in which order."""

    cases: Sequence[Case]
    preset: Preset
    seed: int
    machine_name: str
    journal: Journal
    progress: Callable[[Step], None]
    record: Record = field(default_factory=Record)
    clock: Callable[[], float] = time.monotonic
    core: Core = NO_CORE  # by the finished rounds
    turns: Turns = field(default_factory=at_the_last_cpu)

    def run(self) -> Record:
        """Measure until every case is settled, or the rounds or the budget are done."""
        began = self.clock()
        self.record.forget_open_round()
        self._skip_what_cannot_run()
        self._calibrate()
        groups = grouped(self._left())
        loops = self._loops(groups)
        last: _Pace | None = None
        while self.record.rounds < self.preset.rounds:
            self.core = core_of(one for case in self.cases for one in self._earlier(case))
            left = [group for group in groups if not self._settled(group)]
            cases = sum(map(len, left))
            if not left:
                self.record.stopped = "target"
                break
            if self._over_budget(began, cases, last):
                self.record.stopped = "budget"
                break
            last = _pace(cases, self._round(self.record.rounds, left, loops))
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
        cases = [case for case in self._left() if case.name not in self.record.loops]
        if self.preset.loops:
            for case in cases:
                fixed = {"loops": self.preset.loops, "elapsed": 0.0, "proving": 0.0}
                self._note("loops", case=case.name, **fixed)
            return
        began = self._meters()
        done = 0
        for parcel in batches([[case] for case in cases], _calibration_seconds, PARCEL_SECONDS):
            tasks = [
                child.calibrate(case.name, self.preset.value_seconds, _timeout(case, 0.0))
                for case in parcel
            ]
            shares = [(done + place) / len(cases) for place in range(len(parcel))]
            steps = [
                Step(case.name, 0, share / (self.preset.rounds + 1))
                for case, share in zip(parcel, shares, strict=True)
            ]
            for outcome in self._work(tasks, steps):
                self._take_calibration(outcome)
            done += len(parcel)
        self._end_round(self.record.rounds, began)

    def _take_calibration(self, outcome: child.Outcome) -> None:
        found = outcome.document
        try:
            loops, elapsed = int(found["loops"]), float(found["elapsed"])
        except (LookupError, TypeError, ValueError) as error:
            self._fail(outcome, f"the worker's answer can't be used: {error}")
            return
        self._note("loops", case=outcome.case, loops=loops, elapsed=elapsed, **_spent(outcome))

    def _work(self, tasks: Sequence[child.Task], steps: Sequence[Step]) -> Iterator[child.Outcome]:
        """Have tasks done, telling each as it begins; note those that end without an answer."""
        waiting = replace(steps[0], waiting=True)
        # The worker has ended when its turn does.
        with (
            self.turns.turn(lambda: self.progress(waiting)),
            closing(child.work(tasks)) as outcomes,
        ):
            for step in steps:
                self.progress(step)
                outcome = next(outcomes)
                if outcome.state == "measured":
                    yield outcome
                else:
                    state, reason = outcome.state, outcome.reason
                    self._note("state", case=outcome.case, state=state, reason=reason)

    def _fail(self, outcome: child.Outcome, reason: str) -> None:
        self._note("state", case=outcome.case, state="failed", reason=reason)

    def _loops(self, groups: Iterable[Sequence[Case]]) -> dict[Case, int]:
        loops: dict[Case, int] = {}
        for group in groups:
            found = {case: self.record.loops[case.name] for case in group}
            elapsed = {case: self.record.elapsed[case.name] for case in group}
            loops |= share_loops(group, found, elapsed, self.preset.value_seconds)
        return loops

    def _settled(self, group: Sequence[Case]) -> bool:
        """Tell whether nothing of a group is left to measure; note which cases met the target.

        A group stays together to its end, so that what is compared was measured in the same
        rounds.
        """
        left = [case for case in group if case.name not in self.record.reasons]
        if self.record.rounds < self.preset.least_rounds:
            return not left
        target = self.preset.target * share_of_net(left)
        met = {case.name for case in left if self._is_known(case, target)}
        self.record.settled -= {case.name for case in left}
        self.record.settled |= met
        return len(met) == len(left)

    def _figures(self, case: Case) -> Figures:
        return figures(self._earlier(case), self.core)

    def _earlier(self, case: Case) -> list[Process]:
        """Return what was read in finished rounds: what a resumed run can repeat."""
        runs = self.record.runs.get(case.name, [])
        return [
            process
            for run, process in zip(runs, self.record.read.get(case.name, []), strict=True)
            if run["metadata"]["pkbench_round"] < self.record.rounds
        ]

    def _is_known(self, case: Case, target: float) -> bool:
        """Tell whether a case's interval is narrow enough, and of enough processes.

        A figure of a shared core is none that will do, however narrow its interval.
        """
        if number_uncontended(self._earlier(case), self.core) < self.preset.least_rounds:
            return False
        return half_width(self._figures(case)) <= target

    def _over_budget(self, began: float, cases: int, last: "_Pace | None") -> bool:
        """Whether another round, at the pace of the last, would end after the budget."""
        if self.record.rounds < self.preset.least_rounds:
            return False
        expected = last.seconds / last.cases * cases if last else 0.0
        return self.clock() - began + expected > self.preset.budget

    def _round(
        self, number: int, groups: Sequence[Sequence[Case]], loops: dict[Case, int]
    ) -> "_Meters":
        began = self._meters()
        order = round_order(groups, self.seed, number)
        places = {
            case: place for place, case in enumerate(case for group in order for case in group)
        }
        measured = {
            name
            for name, runs in self.record.runs.items()
            if any(run["metadata"]["pkbench_round"] == number for run in runs)
        }
        to_do = [
            [case for case in group if case.name not in measured | self.record.reasons.keys()]
            for group in order
        ]
        amounts = {case: self._amount(case, loops[case]) for case in places}
        seconds = {case: self._expected(case, amounts[case]) for case in places}
        for parcel in batches(
            [group for group in to_do if group], seconds.__getitem__, PARCEL_SECONDS
        ):
            tasks = [
                child.measure(
                    case.name,
                    amounts[case],
                    self.core.best_nop_cycles,
                    _timeout(case, seconds[case]),
                )
                for case in parcel
            ]
            steps = [self._step(case, number, places[case] / len(places)) for case in parcel]
            around = surroundings()
            for outcome in self._work(tasks, steps):
                case = parcel[[c.name for c in parcel].index(outcome.case)]
                self._take_run(
                    outcome,
                    amounts[case],
                    around | {"pkbench_round": number, "pkbench_position": places[case]},
                )
        return self._end_round(number + 1, began)

    def _meters(self) -> "_Meters":
        return _Meters(self.clock(), self.turns.waited, self.turns.missed)

    def _end_round(self, number: int, began: "_Meters") -> "_Meters":
        """Note the end of a round, and return what it took."""
        now = self._meters()
        took = _Meters(
            now.seconds - began.seconds, now.waited - began.waited, now.missed - began.missed
        )
        self._note("round", round=number, **took._asdict())
        return took

    def _step(self, case: Case, number: int, share: float) -> Step:
        return Step(case.name, number + 1, (number + 1 + share) / (self.preset.rounds + 1))

    def _values(self, case: Case) -> int:
        """Return how many values a process takes: by the case's variances, once they are known."""
        if self.record.rounds < self.preset.least_rounds:
            return self.preset.values
        name = case.name
        best = best_values(
            spread(self._figures(case)),
            self.record.proving[name],
            self.record.elapsed[name],
        )
        return best or self.preset.values

    def _amount(self, case: Case, loops: int) -> child.Amount:
        values = self._values(case)
        a_value = self._value_seconds(case, loops)
        longer = int(RETAKE_SECONDS / a_value) if a_value else 0
        if case.benchmark.threads:
            return child.Amount(loops, 0, values, values, self.preset.warmups)
        most = values + min(RETAKES * values, longer)
        pieces = _piece_loops(loops, a_value)
        return child.Amount(loops, pieces, values, most, self.preset.warmups)

    def _value_seconds(self, case: Case, loops: int) -> float:
        return self.record.elapsed[case.name] / self.record.loops[case.name] * loops

    def _expected(self, case: Case, amount: child.Amount) -> float:
        """Return the seconds that a case should take in a worker."""
        values = amount.values + amount.warmups
        return self.record.proving[case.name] + self._value_seconds(case, amount.loops) * values

    def _take_run(self, outcome: child.Outcome, amount: child.Amount, around: Metadata) -> None:
        try:
            run = read_run(outcome.document, outcome.case, amount)
        except (AttributeError, LookupError, TypeError, ValueError) as error:
            self._fail(outcome, f"the worker's answer can't be used: {error}")
            return
        run["metadata"] = public(around | run["metadata"], self.machine_name)
        self._note("run", case=outcome.case, run=run, **_spent(outcome))


def share_of_net(group: Sequence[Case]) -> float:
    """Return how wide a group's intervals may be for its slopes to have those asked for: 0 to 1.

    A slope is the difference of two loops by the difference of their operations, and has the errors
    of both, by propagation; 1 for a group without slopes.
    """
    slopes = [
        (case.benchmark.inner_loops, case.floor.benchmark.inner_loops)
        for case in group
        if case.benchmark.slope and case.floor
    ]
    return min(((more - fewer) / math.hypot(more, fewer) for more, fewer in slopes), default=1.0)


class _Meters(NamedTuple):
    """What was read of clock and turns, or what went by between two readings."""

    seconds: float
    waited: float  # of these seconds, for others
    missed: int  # turns


class _Pace(NamedTuple):
    """What a round took."""

    cases: int
    seconds: float


def _pace(cases: int, took: _Meters) -> _Pace:
    """Return what a round took, the turns of others only as long as ours: one may have hung."""
    own = took.seconds - took.waited
    return _Pace(cases, own + min(own, took.waited))


def _piece_loops(loops: int, value_seconds: float) -> int:
    return max(1, int(smt_contention.PIECE_SECONDS / value_seconds * loops)) if value_seconds else 0


def _calibration_seconds(case: Case) -> float:
    """Return roughly what finding a case's loops takes: it sets the size of parcels, no more."""
    return 0.1 + case.memory / 2**30 * SECONDS_PER_GIB


def _timeout(case: Case, expected: float) -> float:
    return TIMEOUT_SECONDS + TIMEOUT_RATIO * (expected + case.memory / 2**30 * SECONDS_PER_GIB)


def _spent(outcome: child.Outcome) -> dict[str, float]:
    return {
        "proving": outcome.proving,
        "preparing": outcome.preparing,
        "timed": outcome.timed,
    }


def read_run(run: dict[str, Any], case: str, amount: child.Amount) -> Run:
    """Return a worker's answer as the run that it should be; else raise one of Python's errors."""
    metadata: Metadata = run["metadata"]
    if metadata["name"] != case:
        raise ValueError(f"it is about {metadata['name']!r}")
    values = len(run["values"])
    if not amount.values <= values <= amount.most_values:
        raise ValueError(f"it holds {values} values instead of {amount.values}")
    for value in run["values"]:
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"it holds the value {value!r}")
    for quantity in READINGS:
        if len(per_value(run, quantity)) not in (0, values):
            raise ValueError(f"it holds another number of {quantity} than of values")
    return run


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
