"""Somebody else on the core is told by the no-ops that it issues."""

import pytest

from pkbench.catalogue import parse_case
from pkbench.chains import chain
from pkbench.crowding import CROWDED, best, crowded
from pkbench.event_counters import event_counters
from pkbench.kernel_counters import kernel_counters
from pkbench.session import Session
from pkbench.values import Values

LOOPS, EACH = 640, 16


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


def test_a_core_issues_several_no_ops_a_cycle_and_not_more_than_any_made() -> None:
    assert 1 / 16 < best(chain().nop_cycles for _ in range(20)) <= 1.1


@pytest.mark.parametrize("case", ["syscall/getppid", "protect/mprotect-rw-ro/pages:3"])
def test_a_value_in_pieces_says_how_many_had_the_core_to_themselves(case: str) -> None:
    with Session(parse_case(case)) as session:
        session.verify()
        value = session.measure(LOOPS, EACH, 1.0)
        assert LOOPS // EACH == value.pieces == value.alone
        assert 0 < value.seconds
        assert value.seconds / LOOPS * value.pieces < value.all_seconds
        value = session.measure(LOOPS, EACH, 1e-15)
        assert (LOOPS // EACH, 0) == (value.pieces, value.alone)
        assert 0 < value.seconds


def test_a_piece_holds_whole_batches() -> None:
    with Session(parse_case("protect/mprotect-rw-ro/pages:3")) as session:
        assert LOOPS // EACH == session.measure(LOOPS, EACH - 1, 1.0).pieces


def test_what_times_itself_is_one_piece() -> None:
    with Session(parse_case("threads/mprotect-own-region/threads:2")) as session:
        assert (0, 0) == ((value := session.measure(20, 1, 1.0)).pieces, value.alone)


@pytest.mark.parametrize(("best_known", "taken"), [(1e-9, 7), (1e9, 3), (0.0, 3)])
def test_values_are_taken_until_enough_had_the_core_to_themselves_or_there_are_too_many(
    best_known: float, taken: int
) -> None:
    with Session(parse_case("syscall/getppid")) as session:
        values = Values(session, 1000, 100, kernel_counters(), event_counters())
        values.take(3, 7, best_known)
    assert taken == len(values.seconds)
