"""Rounds of worker processes, until each case is known well enough or the budget is spent."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from pkbench.cases.catalogue import Case
from pkbench.resultfile import Metadata, public
from pkbench.run import launch
from pkbench.run.answer import INVALID, checked_calibration, checked_run
from pkbench.run.journal import Journal
from pkbench.run.memory import available_memory, too_large
from pkbench.run.order import batches, grouped, round_order
from pkbench.run.presets import Preset
from pkbench.run.pyperf_metadata import surroundings
from pkbench.run.record import Record
from pkbench.run.stop_rule import (
    UNKNOWN_CORE,
    Core,
    core_of,
    is_known,
    share_of_net,
    uncontended_processes,
    usable_values,
)
from pkbench.run.workload import Workload, calibration_seconds, timeout
from pkbench.turns import Turns, at_the_last_cpu

# Target seconds of work per worker, about ten times its start-up.
BATCH_SECONDS = 2.0


@dataclass(frozen=True)
class Step:
    """Progress: a case is about to run in a worker process, or waits for its turn."""

    case: str
    round: int  # 0: calibration
    done: float  # share of the run that is done, 0 to 1
    waiting: bool = False  # for another run's turn to end


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
    core: Core = UNKNOWN_CORE  # by the finished rounds
    turns: Turns = field(default_factory=at_the_last_cpu)

    def run(self) -> Record:
        """Measure until every case is settled, or the rounds or the budget are used up.

        Return what is known then. Raise JournalError where the journal can't be written.
        """
        began = self.clock()
        self.record.forget_open_round()
        self._skip_what_cannot_run()
        self._calibrate()
        groups = grouped(self._left())
        last: _Pace | None = None
        while self.record.rounds < self.preset.rounds:
            self.core = core_of(
                process for case in self.cases for process in self.record.finished(case.name)
            )
            left = [group for group in groups if not self._settled(group)]
            cases = sum(map(len, left))
            if not left:
                self.record.stopped = "target"
                break
            if self._over_budget(began, cases, last):
                self.record.stopped = "budget"
                break
            workload = Workload(groups, self.preset, self.record, self.core)
            last = _pace(cases, self._round(left, workload))
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
                fixed = {"loops": self.preset.loops, "elapsed_seconds": 0.0, "setup_seconds": 0.0}
                self._note("loops", case=case.name, **fixed)
            return
        began = self._meters()
        done = 0
        for batch in batches([[case] for case in cases], calibration_seconds, BATCH_SECONDS):
            tasks = [
                launch.calibrate(case.name, self.preset.value_seconds, timeout(case, 0.0))
                for case in batch
            ]
            shares = [(done + place) / len(cases) for place in range(len(batch))]
            steps = [
                Step(case.name, 0, share / (self.preset.rounds + 1))
                for case, share in zip(batch, shares, strict=True)
            ]
            for outcome in self._work(tasks, steps):
                self._take_calibration(outcome)
            done += len(batch)
        self._end_round(self.record.rounds, began)

    def _take_calibration(self, outcome: launch.Outcome) -> None:
        try:
            loops, seconds = checked_calibration(outcome.document)
        except INVALID as error:
            self._fail(outcome, error)
            return
        self._note(
            "loops", case=outcome.case, loops=loops, elapsed_seconds=seconds, **_spent(outcome)
        )

    def _work(
        self, tasks: Sequence[launch.Task], steps: Sequence[Step]
    ) -> Iterator[launch.Outcome]:
        """Yield the outcomes of measured tasks; note the state of the others.

        Report each step as it begins. The worker has ended when its turn does.
        """
        waiting = replace(steps[0], waiting=True)
        with (
            self.turns.turn(lambda: self.progress(waiting)),
            closing(launch.work(tasks)) as outcomes,
        ):
            for step in steps:
                self.progress(step)
                outcome = next(outcomes)
                if outcome.state == "measured":
                    yield outcome
                else:
                    state, reason = outcome.state, outcome.reason
                    self._note("state", case=outcome.case, state=state, reason=reason)

    def _fail(self, outcome: launch.Outcome, error: Exception) -> None:
        reason = f"the answer of the worker can't be used: {error}"
        self._note("state", case=outcome.case, state="failed", reason=reason)

    def _settled(self, group: Sequence[Case]) -> bool:
        """Tell whether nothing of a group is left to measure; note which cases met the target.

        A group is measured to its end together: cases that are compared need the same rounds.
        """
        left = [case for case in group if case.name not in self.record.reasons]
        if self.record.rounds < self.preset.least_rounds:
            return not left
        target = self.preset.target * share_of_net(left)
        met = {case.name for case in left if self._is_known(case, target)}
        self.record.settled -= {case.name for case in left}
        self.record.settled |= met
        return len(met) == len(left)

    def _is_known(self, case: Case, target: float) -> bool:
        """Tell whether a case has as many uncontended processes as its target needs.

        Contended values don't settle a case, however narrow their interval is.
        """
        processes = self.record.finished(case.name)
        if uncontended_processes(processes, self.core) < self.preset.least_rounds:
            return False
        return is_known(usable_values(processes, self.core), target)

    def _over_budget(self, began: float, cases: int, last: "_Pace | None") -> bool:
        """Tell whether another round, at the pace of the last, would end after the budget."""
        if self.record.rounds < self.preset.least_rounds:
            return False
        expected = last.seconds / last.cases * cases if last else 0.0
        return self.clock() - began + expected > self.preset.budget

    def _round(self, groups: Sequence[Sequence[Case]], workload: Workload) -> "_Meters":
        number = self.record.rounds
        began = self._meters()
        order = round_order(groups, self.seed, number)
        places = {
            case: place for place, case in enumerate(case for group in order for case in group)
        }
        done = self.record.measured_in(number) | self.record.reasons.keys()
        to_do = [[case for case in group if case.name not in done] for group in order]
        amounts = {case: workload.amount(case) for case in places}
        seconds = {case: workload.seconds(case, amounts[case]) for case in places}
        for batch in batches(
            [group for group in to_do if group], seconds.__getitem__, BATCH_SECONDS
        ):
            tasks = [
                launch.measure(
                    case.name,
                    amounts[case],
                    self.core.best_nop_cycles,
                    timeout(case, seconds[case]),
                )
                for case in batch
            ]
            steps = [self._step(case, number, places[case] / len(places)) for case in batch]
            around = surroundings()
            by_name = {case.name: case for case in batch}
            for outcome in self._work(tasks, steps):
                case = by_name[outcome.case]
                own = {"pkbench_round": number, "pkbench_position": places[case]}
                self._take_run(outcome, amounts[case], around | own)
        return self._end_round(number + 1, began)

    def _take_run(self, outcome: launch.Outcome, amount: launch.Amount, around: Metadata) -> None:
        try:
            run = checked_run(outcome.document, outcome.case, amount)
        except INVALID as error:
            self._fail(outcome, error)
            return
        run["metadata"] = public(around | run["metadata"], self.machine_name)
        self._note("run", case=outcome.case, run=run, **_spent(outcome))

    def _step(self, case: Case, number: int, share: float) -> Step:
        return Step(case.name, number + 1, (number + 1 + share) / (self.preset.rounds + 1))

    def _meters(self) -> "_Meters":
        return _Meters(self.clock(), self.turns.waited, self.turns.missed)

    def _end_round(self, number: int, began: "_Meters") -> "_Meters":
        """Note the end of a round, and return what it took."""
        now = self._meters()
        took = _Meters(
            now.seconds - began.seconds,
            now.waited_seconds - began.waited_seconds,
            now.missed_turns - began.missed_turns,
        )
        self._note("round", round=number, **took._asdict())
        return took


class _Meters(NamedTuple):
    """The clock and the turns at one moment, or the difference of two moments."""

    seconds: float
    waited_seconds: float  # of these seconds, while other runs had their turn
    missed_turns: int


class _Pace(NamedTuple):
    """What a round took."""

    cases: int
    seconds: float


def _pace(cases: int, took: _Meters) -> _Pace:
    """Return what a round took, with no more of others' turns than of ours: one may have hung."""
    own = took.seconds - took.waited_seconds
    return _Pace(cases, own + min(own, took.waited_seconds))


def _spent(outcome: launch.Outcome) -> dict[str, float]:
    return {
        "setup_seconds": outcome.setup_seconds,
        "preparing_seconds": outcome.preparing_seconds,
        "timed_seconds": outcome.timed_seconds,
    }
