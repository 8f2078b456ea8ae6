"""In which order a round runs its cases, and which of them share loops or a process."""

import math
import random
from collections.abc import Callable, Iterable, Sequence

from pkbench.cases.catalogue import Case

# A case that is compared may last this many times longer than a value should, so that all in its
# group have equal loops; beyond that, they cost more time than a value's fixed cost can bias.
EQUAL_LOOPS_RATIO = 10
# Cases of one worker process: so many that its start weighs little, so few that the order of
# processes still mixes them well.
MOST_CASES = 32


def grouped(cases: Iterable[Case]) -> list[list[Case]]:
    """Return the cases by what they are compared with: the same group, at the same point."""
    groups: dict[object, list[Case]] = {}
    for case in cases:
        group = case.benchmark.group
        key = (group, tuple(case.labels.items())) if group else case
        groups.setdefault(key, []).append(case)
    return list(groups.values())


def round_order(groups: Sequence[Sequence[Case]], seed: int, number: int) -> list[list[Case]]:
    """Return the groups in the order of one round, drawn from the seed.

    The order within a group is drawn once, and runs backwards in every other round, so that what
    drifts within a round weighs on both ends alike (ABBA).
    """
    places = random.Random(f"{seed}/{number}").sample(range(len(groups)), len(groups))
    order = []
    for place in places:
        group = list(groups[place])
        first = min(case.name for case in group)  # the same group, whatever others are left
        random.Random(f"{seed}/group/{first}").shuffle(group)
        order.append(group if number % 2 == 0 else group[::-1])
    return order


def batches(
    groups: Sequence[Sequence[Case]], seconds: Callable[[Case], float], most_seconds: float
) -> list[list[Case]]:
    """Return the cases of neighbouring groups by worker process.

    A parcel is full when it is expected to take so many seconds or holds MOST_CASES; a group is
    never divided.
    """
    packed: list[list[Case]] = []
    expected = math.inf
    for group in groups:
        if expected >= most_seconds or len(packed[-1]) >= MOST_CASES:
            packed.append([])
            expected = 0.0
        packed[-1] += group
        expected += sum(map(seconds, group))
    return packed


def share_loops(
    group: Sequence[Case],
    loops: dict[Case, int],
    elapsed: dict[Case, float],
    value_seconds: float,
) -> dict[Case, int]:
    """Return the loops of a group's cases: equal, as far as none lasts too long.

    `elapsed` is what a value with `loops` was seen to last, in seconds.
    """
    most = max(loops[case] for case in group)
    longest = EQUAL_LOOPS_RATIO * value_seconds
    return {
        case: most
        if elapsed[case] / loops[case] * most <= longest
        else max(loops[case], int(longest / (elapsed[case] / loops[case])))
        for case in group
    }
