"""A schedule measures in rounds, records what goes wrong, and goes on."""

import itertools
import json
import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from workers_made import SETUP, TIMED, Workers, bad, measured, pyperf_run, workers

from pkbench.cases.selection import select
from pkbench.run import launch
from pkbench.run.journal import Journal, read_journal
from pkbench.run.launch import Outcome, Task
from pkbench.run.memory import available_memory, too_large
from pkbench.run.presets import PRESETS, single_run
from pkbench.run.record import Record
from pkbench.run.schedule import Schedule, Step
from pkbench.run.stop_rule import PILOT, share_of_net
from pkbench.run.workload import RETAKE_SECONDS, RETAKES
from pkbench.turns import Turns
from pkbench.worker.smt_contention import PIECE_SECONDS

__all__ = ["workers"]

CASES = select(("syscall/getppid", "syscall/mprotect-page"), (), "quick")
NAMES = [case.name for case in CASES]
PRESET = replace(PRESETS["quick"], rounds=4, least_rounds=2, target=-1.0, values=3, budget=math.inf)
BROKEN = "syscall/mprotect-page"


@pytest.fixture
def schedule(tmp_path: Path, workers: Workers) -> Iterator[Schedule]:
    with Journal(tmp_path / "journal") as journal:
        yield Schedule(CASES, PRESET, 1, "lab 1", journal, lambda step: None)


def test_each_case_is_calibrated_once_and_measured_once_a_round(
    schedule: Schedule, workers: Workers
) -> None:
    record = schedule.run()
    assert NAMES == workers.calibrated
    assert sorted(NAMES * 4) == sorted(workers.ran)
    assert (4, "rounds") == (record.rounds, record.stopped)
    assert {("measured", "")} == {record.state(name) for name in NAMES}


def test_a_round_runs_every_case_before_the_next_begins(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.run()
    rounds = [workers.ran[i : i + len(NAMES)] for i in range(0, len(workers.ran), len(NAMES))]
    assert [sorted(NAMES)] * 4 == [sorted(one) for one in rounds]


def test_a_run_knows_its_round_and_place_and_not_the_host(schedule: Schedule) -> None:
    record = schedule.run()
    for runs in record.runs.values():
        assert [0, 1, 2, 3] == [run["metadata"]["pkbench_round"] for run in runs]
        assert {"lab 1"} == {run["metadata"]["hostname"] for run in runs}


def test_the_share_of_the_time_leaves_the_cases_own_set_up_out(
    schedule: Schedule, workers: Workers
) -> None:
    record = schedule.run()
    tasks = len(workers.ran) + len(workers.calibrated)
    expected = tasks * TIMED / (record.seconds - tasks * SETUP - record.waited_seconds)
    assert math.isclose(expected, record.timed_share)


@pytest.mark.parametrize(
    ("waited", "rounds"),
    [
        (0.0, 10),  # of ten seconds each
        (10.0, 5),  # in turns
        (60.0, 3),  # the last waits for one that hung; the next is not expected to
    ],
)
def test_the_budget_counts_the_turns_of_others_as_far_as_they_are_like_ours(
    tmp_path: Path, workers: Workers, waited: float, rounds: int
) -> None:
    now = 0.0

    class OneWaits(Turns):
        @contextmanager
        def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
            nonlocal now
            long = waited if workers.ran else 0.0
            self.waited += long
            now += long + (10.0 if workers.ran or workers.calibrated else 0.0)
            yield

    with Journal(tmp_path / "journal") as journal:
        preset = replace(PRESET, rounds=100, budget=100.0)
        schedule = Schedule(CASES, preset, 1, "lab 1", journal, lambda step: None)
        schedule.turns = OneWaits(0)
        schedule.clock = lambda: now
        assert rounds == schedule.run().rounds


OTHERS = 5.0  # seconds of each turn of another run


def test_a_turn_lasts_as_long_as_a_worker_and_others_turns_are_not_in_the_share(
    tmp_path: Path, workers: Workers, monkeypatch: pytest.MonkeyPatch
) -> None:
    turns: list[str] = []

    def work(tasks: Sequence[Task]) -> Iterator[Outcome]:
        try:
            yield from workers.work(tasks)
        finally:
            turns.append("has ended")

    monkeypatch.setattr(launch, "work", work)

    class OthersToo(Turns):
        @contextmanager
        def turn(self, waiting: Callable[[], None] = lambda: None) -> Iterator[None]:
            waiting()
            self.waited += OTHERS
            turns.append("begins")
            yield
            turns.append("ends")

    with Journal(tmp_path / "journal") as journal:
        schedule = Schedule(
            CASES,
            PRESET,
            1,
            "lab 1",
            journal,
            lambda step: turns.append("waits" if step.waiting else step.case),
            clock=itertools.count(step=100.0).__next__,
            turns=OthersToo(0),
        )
        record = schedule.run()

    a_turn = ["waits", "begins", *sorted(NAMES), "has ended", "ends"]
    taken = [turns[start : start + len(a_turn)] for start in range(0, len(turns), len(a_turn))]
    assert [a_turn] * 5 == [
        [waits, begins, *sorted(cases), has_ended, ends]
        for waits, begins, *cases, has_ended, ends in taken
    ]
    assert math.isclose(5 * OTHERS, record.waited_seconds)
    tasks = len(workers.ran) + len(workers.calibrated)
    own_seconds = record.seconds - tasks * SETUP - 5 * OTHERS
    assert math.isclose(tasks * TIMED / own_seconds, record.timed_share)
    resumed = Record()
    for entry in read_journal(tmp_path / "journal"):
        resumed.take(entry)
    assert math.isclose(record.waited_seconds, resumed.waited_seconds)


def test_what_an_interrupted_round_took_is_left_out_of_the_share(schedule: Schedule) -> None:
    schedule.record.take(
        {"kind": "state", "case": "a/b", "state": "failed", "reason": "", "timed_seconds": 1e9}
    )
    assert schedule.run().timed_share < 1e6


def answered(values: list[Any], case: str = BROKEN, **metadata: Any) -> Outcome:
    return bad(BROKEN, pyperf_run(case, values, **metadata))


@pytest.mark.parametrize(
    ("outcome", "reason"),
    [
        (Outcome(BROKEN, "failed", "a store that must fault went through"), "must fault"),
        (Outcome(BROKEN, "failed", "the worker was ended by SIGSEGV"), "SIGSEGV"),
        (answered([1e-6, -1e-6, 1e-6]), "the value -1e-06"),
        (answered([1e-6, 0, 1e-6]), "the value 0"),
        (answered([1e-6, math.inf, 1e-6]), "the value inf"),
        (answered([1e-6, math.nan, 1e-6]), "the value nan"),
        (answered(["1", 1e-6, 1e-6]), "can't be used"),
        (answered([1e-6]), "1 values instead of 3"),
        (answered([1e-6] * 3, "syscall/getppid"), "it is about 'syscall/getppid'"),
        (answered([1e-6] * 3, pkbench_add_seconds="[1]"), "1 readings of add_seconds for 3 values"),
        (answered([1e-6] * 3, pkbench_add_seconds="[1"), "can't be used"),
        (bad(BROKEN, {}), "can't be used"),
        (bad(BROKEN, {"metadata": None}), "can't be used"),
        (bad(BROKEN, {"metadata": {"name": BROKEN}}), "can't be used"),
    ],
)
def test_what_a_worker_does_wrong_fails_its_case_with_the_reason_and_the_rest_goes_on(
    schedule: Schedule, workers: Workers, outcome: Outcome, reason: str
) -> None:
    workers.answers[BROKEN] = lambda case, times: outcome if times == 2 else measured(case, 3)
    record = schedule.run()
    state, why = record.state(BROKEN)
    assert "failed" == state
    assert reason in why
    assert 2 == workers.ran.count(BROKEN)
    others = [name for name in NAMES if name != BROKEN]
    assert {4} == {workers.ran.count(name) for name in others}
    assert {("measured", "")} == {record.state(name) for name in others}


def test_what_calibration_finds_skipped_or_failed_is_never_timed(
    schedule: Schedule, workers: Workers
) -> None:
    workers.calibrations["syscall/getppid"] = Outcome("syscall/getppid", "skipped", "no such call")
    workers.calibrations[BROKEN] = Outcome(BROKEN, "failed", "not what it says")
    record = schedule.run()
    assert ("skipped", "no such call") == record.state("syscall/getppid")
    assert ("failed", "not what it says") == record.state(BROKEN)
    assert {"instruction/empty-loop"} == set(workers.ran)


def test_where_times_mean_nothing_every_case_is_run_once_and_not_calibrated(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.preset = single_run(PRESET)
    record = schedule.run()
    assert sorted(NAMES) == sorted(workers.ran)
    assert [] == workers.calibrated
    assert {10} == set(workers.loops.values())
    assert {("measured", "")} == {record.state(name) for name in NAMES}


def test_no_round_begins_that_would_end_after_the_budget(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.clock = lambda: 10 * len(workers.ran)  # so that a round takes 30
    schedule.preset = replace(PRESET, rounds=100, budget=200)
    record = schedule.run()
    assert ("budget", 6) == (record.stopped, record.rounds)


def test_the_least_rounds_are_measured_whatever_the_budget(schedule: Schedule) -> None:
    schedule.preset = replace(PRESET, budget=0)
    assert 2 == schedule.run().rounds


def test_the_journal_holds_all_that_was_measured(schedule: Schedule) -> None:
    record = schedule.run()
    again = Record()
    for entry in read_journal(schedule.journal.path):
        again.take(entry)
    assert json.loads(json.dumps(record.runs)) == again.runs
    assert (record.loops, record.rounds) == (again.loops, again.rounds)


@pytest.mark.parametrize("stopped_after", [0, 1, 2, 3, 5, 7, 11])
def test_a_run_that_stopped_anywhere_is_continued_without_loss_or_repetition(
    tmp_path: Path, workers: Workers, stopped_after: int
) -> None:
    class Stop(Exception):
        pass

    def stop(step: Step) -> None:
        if len(workers.ran) == stopped_after and step.round:
            raise Stop

    with Journal(tmp_path / "journal") as journal, pytest.raises(Stop):
        Schedule(CASES, PRESET, 1, "lab 1", journal, stop).run()
    record = Record()
    for entry in read_journal(tmp_path / "journal"):
        record.take(entry)
    assert stopped_after == sum(map(len, record.runs.values()))
    with Journal(tmp_path / "journal") as journal:
        Schedule(CASES, PRESET, 1, "lab 1", journal, lambda step: None, record).run()
    assert sorted(NAMES * 4) == sorted(workers.ran)
    assert NAMES == workers.calibrated
    for name in NAMES:
        assert [0, 1, 2, 3] == [run["metadata"]["pkbench_round"] for run in record.runs[name]]


def noisy(noise: float) -> Callable[[str, int], Outcome]:
    """Answer alike in every second process, and so much more in the others."""

    def answer(case: str, times: int) -> Outcome:
        return bad(case, pyperf_run(case, [1e-6 * (1 + noise * (times % 2))] * 3))

    return answer


def settling(noise: float) -> Callable[[str, int], Outcome]:
    """Answer as `noisy` does in the pilot, and then alike."""

    def answer(case: str, times: int) -> Outcome:
        if times <= PILOT:
            return noisy(noise)(case, times)
        return bad(case, pyperf_run(case, [1e-6 * (1 + noise / 2)] * 3))

    return answer


def test_a_case_leaves_when_its_interval_is_narrow_enough_and_says_so(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.preset = replace(PRESET, rounds=30, target=0.03)
    workers.answers[BROKEN] = settling(0.1)
    record = schedule.run()
    assert PILOT == workers.ran.count("syscall/getppid")
    assert PILOT < workers.ran.count(BROKEN) < 30
    assert "target" == record.stopped
    assert {"target"} == {record.stopped_by(name) for name in NAMES}


def test_a_case_that_never_gets_there_ends_with_the_rounds(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.preset = replace(PRESET, rounds=12, target=0.01)
    workers.answers[BROKEN] = noisy(1.0)
    record = schedule.run()
    assert 12 == workers.ran.count(BROKEN)
    assert ("rounds", "target") == (record.stopped_by(BROKEN), record.stopped_by("syscall/getppid"))


def test_a_case_is_not_known_by_fewer_processes_than_rounds_are_asked_for(
    schedule: Schedule, workers: Workers
) -> None:
    """In the first rounds a neighbour is on the core, and what was timed there is left out."""
    schedule.preset = replace(PRESET, rounds=30, least_rounds=4, target=0.05)

    def answer(case: str, times: int) -> Outcome:
        nop_cycles = 0.34 if times <= 3 else 0.17
        return beside(nop_cycles, workers.values[case][-1])(case, times)

    workers.answers = dict.fromkeys(NAMES, answer)
    record = schedule.run()
    assert {("target", 3 + PILOT)} == {
        (record.stopped_by(name), workers.ran.count(name)) for name in NAMES
    }


def test_what_is_compared_stays_together_and_shares_a_process(
    tmp_path: Path, workers: Workers
) -> None:
    cases = select(("protect/mprotect*",), ("pages=1",), "quick")
    compared = [case.name for case in cases if case.benchmark.group == "protect"]
    workers.answers[compared[0]] = settling(0.1)
    with Journal(tmp_path / "journal") as journal:
        preset = replace(PRESET, rounds=30, target=0.03)
        Schedule(cases, preset, 1, "lab 1", journal, lambda step: None).run()
    counts = {workers.ran.count(name) for name in compared}
    assert 1 == len(counts)
    assert {PILOT} != counts
    for process in workers.processes:
        assert len(set(process) & set(compared)) in (0, len(compared))


def test_values_go_where_the_variance_is(schedule: Schedule, workers: Workers) -> None:
    def within(case: str, times: int) -> Outcome:
        asked = workers.values[case][-1]
        values = [1e-6 * (1 + 0.2 * (index % 2)) for index in range(asked)]
        return bad(case, pyperf_run(case, values))

    schedule.preset = replace(PRESET, rounds=6, target=-1.0)
    workers.answers[BROKEN] = within
    schedule.run()
    assert [3, 3] == workers.values[BROKEN][:2]
    assert all(asked > 3 for asked in workers.values[BROKEN][2:])


def beside(nop_cycles: float, values: int = 3) -> Callable[[str, int], Outcome]:
    """Answer with values beside which no-ops took so long."""

    def answer(case: str, times: int) -> Outcome:
        told = json.dumps([nop_cycles] * values)
        return bad(case, pyperf_run(case, [1e-6] * values, pkbench_nop_cycles=told))

    return answer


def test_a_process_is_told_how_fast_the_core_was_in_the_rounds_before(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.preset = replace(PRESET, rounds=2)
    workers.answers = {BROKEN: beside(0.34), "syscall/getppid": beside(0.17)}
    schedule.run()
    assert [0.0, 0.17] == [request["best_nop_cycles"] for request in workers.requests[BROKEN]]


def test_a_process_beside_a_neighbour_takes_more_values_but_not_any_number(
    schedule: Schedule, workers: Workers
) -> None:
    schedule.preset = replace(PRESET, rounds=2)
    most = 3 * (1 + RETAKES)
    workers.answers = {BROKEN: beside(0.34, most), "syscall/getppid": beside(0.34, most + 1)}
    record = schedule.run()
    assert {(3, most)} == {(r["values"], r["most_values"]) for r in workers.requests[BROKEN]}
    assert "measured" == record.state(BROKEN)[0]
    assert (
        "failed",
        "the answer of the worker can't be used: it holds 13 values instead of 3",
    ) == (record.state("syscall/getppid"))


def test_long_values_are_not_taken_again_and_again(schedule: Schedule, workers: Workers) -> None:
    schedule.preset = replace(PRESET, rounds=2)
    seconds = RETAKE_SECONDS * 0.6
    workers.calibrations[BROKEN] = bad(
        BROKEN, {"loops": 8, "timed_seconds": seconds, "elapsed_seconds": seconds}
    )
    schedule.run()
    assert {3 + 1} == {request["most_values"] for request in workers.requests[BROKEN]}


def test_a_piece_of_a_value_is_short_and_never_nothing(
    schedule: Schedule, workers: Workers
) -> None:
    found = {"loops": 8000, "timed_seconds": 0.002, "elapsed_seconds": 0.002}
    workers.calibrations["syscall/getppid"] = bad("syscall/getppid", found)
    schedule.run()
    assert {int(8000 * PIECE_SECONDS / 0.002)} == {
        request["piece_loops"] for request in workers.requests["syscall/getppid"]
    }
    assert {1} == {request["piece_loops"] for request in workers.requests["instruction/empty-loop"]}


def test_what_several_threads_do_is_not_taken_in_pieces(tmp_path: Path, workers: Workers) -> None:
    cases = select(("threads/mprotect-siblings",), ("siblings=sleeping",), "quick")
    with Journal(tmp_path / "journal") as journal:
        preset = replace(PRESET, rounds=2)
        Schedule(cases, preset, 1, "lab 1", journal, lambda step: None).run()
    requests = workers.requests[cases[0].name]
    assert {(0, 3)} == {(request["piece_loops"], request["most_values"]) for request in requests}


def test_loops_of_a_slope_must_be_known_better_than_what_stands_for_itself() -> None:
    slopes = select(("instruction/nop*",), (), "quick")
    assert any(case.benchmark.slope for case in slopes)
    assert 1 / math.sqrt(5) == pytest.approx(share_of_net(slopes))
    assert 1 == share_of_net(CASES)


def test_progress_only_grows(schedule: Schedule) -> None:
    seen: list[float] = []
    schedule.progress = lambda step: seen.append(step.done)
    schedule.run()
    assert sorted(seen) == seen
    assert 0 <= seen[0] < seen[-1] < 1


def test_a_case_that_memory_cannot_hold_is_too_large() -> None:
    (case,) = select(("protect/mprotect-rw-ro",), ("pages=1000000",), "quick")[1:2]
    assert "3.8 GiB" in too_large(case, 2**30)
    assert "" == too_large(case, 2**33)
    assert "" == too_large(case, None)


def test_available_memory_is_what_the_kernel_says(tmp_path: Path) -> None:
    meminfo = tmp_path / "meminfo"
    meminfo.write_text("MemTotal: 10 kB\nMemAvailable:    7 kB\n")
    assert 7 * 1024 == available_memory(meminfo)
    assert available_memory(tmp_path / "missing") is None
