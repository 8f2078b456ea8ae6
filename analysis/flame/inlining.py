"""Find functions that a compiler inlined in one of two profiles, and not in the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise

from .folded import Stacks

# A call that is not inlined executes up to 14 instructions more: a call and a return, and a push
# and a pop of each of the six registers that a function must keep (System V ABI for x86-64, table
# "Register Usage").
PER_CALL = 14


def inlined_differently(
    baseline: Stacks, new: Stacks, calls: Stacks, new_calls: Stacks
) -> list[frozenset[str]]:
    """Return the groups of functions among which instructions only moved.

    A group is a function that is in one profile only with its callers, or a caller with all such
    functions that only it calls. It counts as inlined differently where the callers changed the
    opposite way, none of them the same way, and the group's sum stays: it changes by no more than
    the calls cost and than half of what the functions had. No function is in two groups; small
    groups come first.

    Arguments:
        baseline, new: own counts by stack, of the same number of operations
        calls, new_calls: how often the last function of a stack was called there, likewise

    """
    before, after = _own(baseline), _own(new)
    called = _own(calls) + _own(new_calls)
    change = Counter(after)
    change.subtract(before)
    only = set(before) ^ set(after)

    def only_moved(group: frozenset[str]) -> bool:
        moved = sum(change[name] for name in group & only)
        others = [change[name] for name in group - only]
        cost = PER_CALL * sum(called[name] for name in group & only)
        if any(moved * each > 0 for each in others):
            return False
        return abs(moved + sum(others)) <= min(cost, abs(moved) / 2)

    candidates = [
        *_candidates(set(before) - set(after), _callers(baseline)),
        *_candidates(set(after) - set(before), _callers(new)),
    ]
    found: list[frozenset[str]] = []
    for group in sorted(candidates, key=lambda group: (len(group), sorted(group))):
        if only_moved(group) and not any(group & other for other in found):
            found.append(group)
    return found


def _own(stacks: Stacks) -> Counter[str]:
    """Return the sum for each function that has one."""
    sums = Counter[str]()
    for stack, count in stacks.items():
        sums[stack[-1]] += count
    return +sums


def _callers(stacks: Iterable[tuple[str, ...]]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for stack in stacks:
        for caller, name in pairwise(stack):
            found.setdefault(name, set()).add(caller)
    return found


def _group(name: str, only: set[str], callers: dict[str, set[str]]) -> frozenset[str]:
    """Return a function and its callers, up to those that are not `only` in this profile."""
    group, todo = {name}, [name]
    while todo:
        above = callers.get(todo.pop(), set()) - group
        group |= above
        todo.extend(above & only)
    return frozenset(group)


def _candidates(only: set[str], callers: dict[str, set[str]]) -> set[frozenset[str]]:
    """Return the groups to try of the functions that are in this profile only."""
    single = {_group(name, only, callers) for name in only}
    by_caller: dict[frozenset[str], frozenset[str]] = {}
    for group in single:
        above = group - only
        if len(above) == 1:
            by_caller[above] = by_caller.get(above, above) | group
    return single.union(by_caller.values())
