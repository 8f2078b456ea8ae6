"""Somebody else on the core is told by the no-ops that it issues."""

import os

import pytest

from pkbench._native import lib
from pkbench.catalogue import parse_case
from pkbench.chains import chain, nop_cycles_for
from pkbench.crowding import CROWDED, best, crowded
from pkbench.event_counters import event_counters
from pkbench.kernel_counters import kernel_counters
from pkbench.session import Session
from pkbench.values import Values

LOOPS, EACH = 640, 16


@pytest.fixture
def chains() -> None:
    if not chain().add_seconds:
        pytest.skip("this build knows no chains of instructions for this architecture")


def test_the_best_is_what_hardly_any_reading_is_faster_than() -> None:
    assert 0.0 == best([])
    assert 0.2 == best([0.3, 0.2, 0.4])
    # One wrong reading in two hundred is not believed.
    assert 0.2 == best([0.01, *[0.2] * 100, *[0.4] * 99])


def test_a_core_is_crowded_that_is_slower_than_at_its_best() -> None:
    assert not crowded(0.2 * CROWDED, 0.2)
    assert crowded(0.2 * CROWDED * 1.001, 0.2)


@pytest.mark.parametrize(("nop_cycles", "best_known"), [(0.0, 0.2), (0.2, 0.0)])
def test_nothing_is_crowded_where_there_is_no_telling(nop_cycles: float, best_known: float) -> None:
    assert not crowded(nop_cycles, best_known)


def test_a_core_issues_several_no_ops_a_cycle(chains: None) -> None:
    assert 1 / 16 < best(nop_cycles_for(0.1)) < 0.6


def test_a_look_at_the_core_leaves_the_thread_where_it_may_be() -> None:
    allowed = os.sched_getaffinity(0)
    assert nop_cycles_for(0.01)
    assert allowed == os.sched_getaffinity(0)


@pytest.mark.parametrize("case", ["syscall/getppid", "protect/mprotect-rw-ro/pages:3"])
def test_a_value_in_pieces_says_how_many_had_the_core_to_themselves(
    case: str, chains: None
) -> None:
    with Session(parse_case(case)) as session:
        session.verify()
        value = session.measure(LOOPS, EACH, 1.0)
        assert LOOPS // EACH == value.pieces == value.alone
        # The median is no more than twice the mean, which has the no-ops in it as well.
        assert 0 < value.seconds < 2 * value.all_seconds
        assert value.all_seconds > value.pieces * value.nop_seconds * lib.PK_NOPS_READ / 2
        value = session.measure(LOOPS, EACH, 1e-15)
        assert (LOOPS // EACH, 0) == (value.pieces, value.alone)
        assert 0 < value.seconds


def test_a_piece_holds_whole_batches() -> None:
    with Session(parse_case("protect/mprotect-rw-ro/pages:3")) as session:
        assert LOOPS // EACH == session.measure(LOOPS, EACH - 1, 1.0).pieces


def test_what_times_itself_is_one_piece() -> None:
    with Session(parse_case("threads/mprotect-own-region/threads:2")) as session:
        assert (0, 0) == ((value := session.measure(20, 1, 1.0)).pieces, value.alone)


@pytest.mark.usefixtures("chains")
@pytest.mark.parametrize(("best_known", "taken"), [(1e-9, 7), (1e9, 3), (0.0, 3)])
def test_values_are_taken_until_enough_had_the_core_to_themselves_or_there_are_too_many(
    best_known: float, taken: int
) -> None:
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, 100, kernel_counters(), event_counters())
        values.take(3, 7, best_known)
    assert taken == len(values.seconds)


def test_nothing_is_said_of_the_core_where_nobody_asks() -> None:
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, 0, kernel_counters(), event_counters())
        values.take(3, 7, 1e-9)
    assert 3 == len(values.seconds)
    assert not {"pkbench_nop_cycles", "pkbench_alone_share"} & values.metadata().keys()
