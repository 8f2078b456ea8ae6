"""Somebody else on the core, as this machine tells it."""

import json
import os

import pytest

from pkbench._native import lib
from pkbench.cases.catalogue import parse_case
from pkbench.turns import at_the_last_cpu
from pkbench.worker.core_clock import CoreClock, calibrate_clock, calibrate_clock_for
from pkbench.worker.event_counters import event_counters
from pkbench.worker.kernel_counters import kernel_counters
from pkbench.worker.session import Session
from pkbench.worker.values import Values

pytestmark = pytest.mark.alone

LOOPS, EACH = 640, 64


@pytest.fixture
def chains() -> None:
    if not calibrate_clock(branches=False).add_seconds:
        pytest.skip("this build knows no chains of instructions for this architecture")


def test_a_core_issues_several_no_ops_a_cycle(chains: None) -> None:
    assert 1 / 16 < min(look.nop_cycles for look in calibrate_clock_for(0.1)) < 0.6


def test_a_branch_that_cannot_be_predicted_takes_longer_than_its_instructions(chains: None) -> None:
    # Ten instructions of a cycle each, and every other step a misprediction.
    assert 8 < min(look.branch_cycles for look in calibrate_clock_for(0.1)) < 40


def test_a_look_at_the_core_leaves_the_thread_where_it_may_be() -> None:
    allowed = os.sched_getaffinity(0)
    assert calibrate_clock_for(0.01)
    assert allowed == os.sched_getaffinity(0)


@pytest.mark.parametrize("case", ["syscall/getppid", "protect/mprotect-rw-ro/pages:3"])
def test_a_value_in_pieces_says_how_many_had_the_core_to_themselves(
    case: str, chains: None
) -> None:
    with Session(parse_case(case)) as session:
        session.verify()
        value = session.measure(LOOPS, EACH, 1.0)
        assert LOOPS // EACH == value.pieces == value.uncontended
        # The median is no more than twice the mean, which has the no-ops in it as well.
        assert 0 < value.seconds < 2 * value.all_seconds
        assert value.all_seconds > value.pieces * value.nop_seconds * lib.PK_NOPS_READ / 2
        value = session.measure(LOOPS, EACH, 1e-15)
        assert (LOOPS // EACH, 0) == (value.pieces, value.uncontended)
        assert 0 < value.seconds


def test_a_piece_holds_whole_batches() -> None:
    with Session(parse_case("protect/mprotect-rw-ro/pages:3")) as session:
        assert LOOPS // EACH == session.measure(LOOPS, EACH - 1, 1.0).pieces


def test_what_times_itself_is_one_piece() -> None:
    with Session(parse_case("threads/mprotect-own-region/threads:2")) as session:
        assert (0, 0) == ((value := session.measure(20, 1, 1.0)).pieces, value.uncontended)


@pytest.mark.usefixtures("chains")
@pytest.mark.parametrize(("best_known", "taken"), [(1e-9, 7), (1e9, 7), (0.0, 3)])
def test_values_are_taken_until_enough_had_the_core_to_themselves_or_there_are_too_many(
    best_known: float, taken: int
) -> None:
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, 100, kernel_counters(), event_counters())
        values.take(3, 7, best_known)
    assert taken == len(values.seconds)
    assert taken == len(json.loads(values.metadata()["pkbench_branch_cycles"]))


def test_nothing_is_said_of_the_core_where_nobody_asks() -> None:
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, 0, kernel_counters(), event_counters())
        values.take(3, 7, 1e-9)
    assert 3 == len(values.seconds)
    looked = {"pkbench_nop_cycles", "pkbench_uncontended_share", "pkbench_branch_cycles"}
    assert not looked & values.metadata().keys()


@pytest.mark.parametrize("piece_loops", [0, 100])
def test_branches_are_timed_where_somebody_reads_them(
    piece_loops: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bool] = []

    def look(branches: bool) -> CoreClock:
        asked.append(branches)
        return calibrate_clock(branches)

    monkeypatch.setattr("pkbench.worker.session.calibrate_clock", look)
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, piece_loops, kernel_counters(), event_counters())
        values.take(1, 1, 1.0)
    assert [piece_loops > 0] * 2 == asked


@pytest.mark.usefixtures("chains")
def test_branches_are_timed_where_asked() -> None:
    assert (
        0
        == calibrate_clock(branches=False).branch_cycles
        < calibrate_clock(branches=True).branch_cycles
    )


def test_looks_at_the_core_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    looked: list[bool] = []
    ours = at_the_last_cpu(longest_wait=0.05)

    def look(branches: bool) -> CoreClock:
        assert branches
        with ours.turn():
            looked.append(ours.missed > 0)
        return CoreClock(0.0, 0.0, 0.0, 0.0)

    monkeypatch.setattr("pkbench.worker.core_clock.calibrate_clock", look)
    calibrate_clock_for(0.02)

    assert looked[0], "nobody has the CPU meanwhile"
