"""Choose the order of a round, and which cases share loops or a worker process."""

import math
import random
from collections.abc import Callable, Iterable, Sequence

from pkbench.cases.catalogue import Case

# All cases of a group have equal loops unless a value would last this many times longer than it
# should. Beyond that, equal loops cost more time than a value's fixed cost can bias.
EQUAL_LOOPS_RATIO = 10
# Most cases of a worker process: enough that its start-up weighs little, and few enough that the
# order of processes still mixes them well.
MOST_CASES = 32


def grouped(cases: Iterable[Case]) -> list[list[Case]]:
    """Return the cases that are compared with each other: those of a group at the same point."""
    groups: dict[object, list[Case]] = {}
    for case in cases:
        group = case.benchmark.group
        key = (group, tuple(case.labels.items())) if group else case
        groups.setdefault(key, []).append(case)
    return list(groups.values())


def round_order(groups: Sequence[Sequence[Case]], seed: int, number: int) -> list[list[Case]]:
    """Return the groups in the order of round `number`, drawn from the seed.

    The order within a group is drawn once and reversed in every other round (ABBA), so that drift
    within a round affects both ends equally.
    """
    places = random.Random(f"{seed}/{number}").sample(range(len(groups)), len(groups))
    order = []
    for place in places:
        group = list(groups[place])
        first = min(case.name for case in group)  # identifies the group, whatever others are left
        random.Random(f"{seed}/group/{first}").shuffle(group)
        order.append(group if number % 2 == 0 else group[::-1])
    return order


def batches(
    groups: Sequence[Sequence[Case]], seconds: Callable[[Case], float], most_seconds: float
) -> list[list[Case]]:
    """Return the cases in batches, each of neighbouring groups for one worker process.

    `seconds` estimates how long a case takes. A batch is full once it is expected to take
    `most_seconds` or holds MOST_CASES; a group is never divided.
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
    """Return the loops of a group's cases: equal, unless a value would last too long.

    `elapsed` is how many seconds a value with `loops` took in calibration, `value_seconds` how long
    a value should take.
    """
    most = max(loops[case] for case in group)
    longest = EQUAL_LOOPS_RATIO * value_seconds
    return {
        case: most
        if elapsed[case] / loops[case] * most <= longest
        else max(loops[case], int(longest / (elapsed[case] / loops[case])))
        for case in group
    }
