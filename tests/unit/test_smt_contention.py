"""Somebody else on the core is told by the no-ops that it issues."""

import pytest

from pkbench.worker.smt_contention import (
    NOPS_CONTENDED,
    consistent,
    contended,
    cycle_seconds,
    uncontended_cycles,
)


def consistent_readings(*nop_cycles: float) -> list[tuple[float, bool]]:
    return [(cycles, True) for cycles in nop_cycles]


def test_a_core_alone_is_what_the_lowest_crowd_of_readings_shows() -> None:
    assert 0.0 == uncontended_cycles([])
    assert 0.2 == uncontended_cycles(consistent_readings(0.3, 0.2, 0.4))
    # One wrong reading in two hundred is not believed, be it far away or just below.
    for wrong in (0.01, 0.197):
        assert 0.2 == uncontended_cycles(consistent_readings(wrong, *[0.2] * 100, *[0.4] * 99))


def test_a_neighbour_that_stays_longer_than_it_is_away_is_still_told_from_a_core_alone() -> None:
    spread = [0.3 + 0.002 * number for number in range(100)]
    assert 0.2 == uncontended_cycles(consistent_readings(*[0.2] * 20, *spread, *[0.4] * 40))


def test_readings_whose_chains_were_disturbed_tell_nothing_of_a_core_alone() -> None:
    assert 0.2 == uncontended_cycles([*consistent_readings(*[0.2] * 20), *[(0.19, False)] * 80])
    # A few agree by chance.
    assert 0.0 == uncontended_cycles([*consistent_readings(*[0.19] * 5), *[(0.19, False)] * 95])


def test_a_core_is_crowded_that_seems_slower_or_faster_than_alone() -> None:
    assert not contended(0.2 * NOPS_CONTENDED, 0.2)
    assert contended(0.2 * NOPS_CONTENDED * 1.001, 0.2)
    assert not contended(0.2 / NOPS_CONTENDED * 1.001, 0.2)
    assert contended(0.2 / NOPS_CONTENDED * 0.999, 0.2)


def test_a_cycle_is_an_addition_or_less_where_no_ops_show_it_to_be_disturbed() -> None:
    assert 4e-10 == cycle_seconds(4e-10, 0.3, 0.2)
    assert 3.6e-10 == pytest.approx(cycle_seconds(4e-10, 0.18, 0.2))
    assert 4e-10 == cycle_seconds(4e-10, 0.18, 0.0) == cycle_seconds(4e-10, 0.0, 0.2)


@pytest.mark.parametrize(
    ("add", "multiply", "expected"),
    [(4e-10, 12e-10, True), (4e-10, 12.6e-10, False), (0.0, 0.0, False)],
)
def test_chains_agree_where_a_multiplication_takes_three_additions(
    add: float, multiply: float, expected: bool
) -> None:
    assert expected == consistent(add, multiply)


@pytest.mark.parametrize(("nop_cycles", "best_known"), [(0.0, 0.2), (0.2, 0.0)])
def test_nothing_is_crowded_where_there_is_no_telling(nop_cycles: float, best_known: float) -> None:
    assert not contended(nop_cycles, best_known)
