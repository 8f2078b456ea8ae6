"""The order of a round is drawn from the seed, and keeps compared cases together."""

from collections.abc import Iterable
from itertools import chain, pairwise

import pytest

from pkbench.cases.catalogue import Case
from pkbench.cases.selection import select
from pkbench.run.order import (
    EQUAL_LOOPS_RATIO,
    MOST_CASES,
    batches,
    grouped,
    round_order,
    share_loops,
)

CASES = select((), (), "quick")
GROUPS = grouped(CASES)


def flat(groups: Iterable[Iterable[Case]]) -> list[Case]:
    return list(chain.from_iterable(groups))


def test_every_round_has_every_case_once() -> None:
    for number in range(4):
        assert sorted(CASES, key=lambda case: case.name) == sorted(
            flat(round_order(GROUPS, 1, number)), key=lambda case: case.name
        )


def test_the_seed_draws_the_order_and_rounds_differ() -> None:
    assert round_order(GROUPS, 1, 0) == round_order(GROUPS, 1, 0)
    assert round_order(GROUPS, 1, 0) != round_order(GROUPS, 2, 0)
    assert round_order(GROUPS, 1, 0) != round_order(GROUPS, 1, 1)


def test_compared_cases_are_neighbours_in_every_round() -> None:
    for number in range(4):
        order = flat(round_order(GROUPS, 3, number))
        places = {case: place for place, case in enumerate(order)}
        for group in GROUPS:
            taken = sorted(places[case] for case in group)
            assert all(later == earlier + 1 for earlier, later in pairwise(taken))


def test_the_order_within_a_group_is_turned_round_every_time() -> None:
    group = max(GROUPS, key=len)

    def own(number: int) -> list[Case]:
        return [case for case in flat(round_order(GROUPS, 3, number)) if case in group]

    assert own(0) == own(1)[::-1] == own(2)


def test_the_order_within_a_group_is_the_same_whatever_other_groups_are_left() -> None:
    group = max(GROUPS, key=len)
    alone = round_order([group], 3, 0)
    among = round_order(GROUPS, 3, 0)
    assert alone[0] in among


@pytest.mark.parametrize("most_seconds", [0.5, 2.0, 1000.0])
def test_batches_hold_whole_groups_up_to_a_time_and_a_number(most_seconds: float) -> None:
    packed = batches(GROUPS, lambda case: 0.3, most_seconds)
    largest = max(map(len, GROUPS))
    assert flat(GROUPS) == flat(packed)
    for batch in packed:
        assert 0.3 * len(batch) < most_seconds + 0.3 * largest
        assert len(batch) < MOST_CASES + largest
        for group in GROUPS:
            assert len(set(group) & set(batch)) in (0, len(group))
    assert all(0.3 * len(p) >= most_seconds or len(p) >= MOST_CASES for p in packed[:-1])


def test_a_group_is_at_one_point() -> None:
    for group in GROUPS:
        assert len({tuple(case.labels.items()) for case in group}) == 1


def test_compared_cases_have_equal_loops_where_none_lasts_too_long() -> None:
    group = next(group for group in GROUPS if len(group) >= 3)
    loops = dict.fromkeys(group, 1000) | {group[0]: 4000}
    elapsed = dict.fromkeys(group, 0.002)
    shared = share_loops(group, loops, elapsed, 0.002)
    assert {4000} == set(shared.values())


def test_a_case_that_would_last_too_long_keeps_to_the_limit() -> None:
    fast, slow, *_ = next(group for group in GROUPS if len(group) >= 2)
    shared = share_loops([fast, slow], {fast: 100_000, slow: 10}, {fast: 0.002, slow: 0.002}, 0.002)
    assert {fast: 100_000, slow: 10 * EQUAL_LOOPS_RATIO} == shared
