"""Build tables of functions: the count in each, and the changes between two profiles."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import pandas as pd

from ..tables.table import NOT_MEASURED, Table
from .caption import Caption, plain_name, share
from .folded import Stacks, total
from .inlining import inlined_differently

INLINED = "inlined differently"


@dataclass(frozen=True)
class Function:
    """The counts of a function, wherever it was called."""

    name: str
    own: int  # in the function itself
    whole: int  # with the functions that it called; once where it called itself
    calls: int


def functions(stacks: Stacks, calls: Stacks) -> list[Function]:
    """Return the functions, the one with the largest own count first.

    `calls` maps a stack to how often its last function was called there.
    """
    own, whole, called = Counter[str](), Counter[str](), Counter[str]()
    for stack, count in stacks.items():
        own[stack[-1]] += count
        for name in set(stack):
            whole[name] += count
    for stack, count in calls.items():
        called[stack[-1]] += count
    order = sorted(whole, key=lambda name: (-own[name], name))
    return [Function(name, own[name], whole[name], called[name]) for name in order]


def table(stacks: Stacks, calls: Stacks, caption: Caption) -> Table:
    """Return the count of each function in one operation."""
    found, everything = functions(stacks, calls), total(stacks)
    each = caption.operations
    return Table(
        name="functions",
        title=caption.title,
        headings=["function", caption.unit, "share", "with callees", "calls"],
        rows=[
            [
                plain_name(function.name),
                caption.amount(function.own),
                share(function.own, everything),
                caption.amount(function.whole),
                caption.amount(function.calls) if function.calls else NOT_MEASURED,
            ]
            for function in found
        ],
        data=pd.DataFrame(
            {
                "function": [plain_name(function.name) for function in found],
                caption.unit: [function.own / each for function in found],
                "with_callees": [function.whole / each for function in found],
                "calls": [function.calls / each for function in found],
            }
        ),
        note=f"{caption.subtitle} In all {caption.amount(everything)} {caption.unit}.",
    )


@dataclass(frozen=True)
class Profile:
    """The counts and the calls by stack, of the same number of operations."""

    stacks: Stacks
    calls: Stacks


def changes(baseline: Profile, new: Profile, caption: Caption) -> Table:
    """Return the functions whose own counts changed, the largest change first.

    Functions that a compiler inlined in one profile only share a row with their callers.
    """
    before = {function.name: function.own for function in functions(baseline.stacks, {})}
    after = {function.name: function.own for function in functions(new.stacks, {})}
    names = {*before, *after}
    groups = inlined_differently(baseline.stacks, new.stacks, baseline.calls, new.calls)
    alone = sorted(names.difference(*groups))
    rows = [(_joint(group, before, after), *_sums(group, before, after)) for group in groups]
    each_alone = [(name, *_sums([name], before, after)) for name in alone]
    changed = [row for row in each_alone if row[1] != row[2]]
    same = len(each_alone) - len(changed)
    told = [
        *((name, was, is_, INLINED) for name, was, is_ in rows),
        *((plain_name(name), was, is_, _fate(was, is_)) for name, was, is_ in changed),
    ]
    told.sort(key=lambda row: (-abs(row[2] - row[1]), row[0]))
    each = caption.operations
    sums = total(baseline.stacks), total(new.stacks)
    return Table(
        name="changes",
        title=caption.title,
        headings=["function", "before", "after", "change", "it"],
        rows=[
            [name, caption.amount(was), caption.amount(is_), caption.signed(is_ - was), fate]
            for name, was, is_, fate in told
        ],
        data=pd.DataFrame(
            {
                "function": [name for name, _, _, _ in told],
                "before": [was / each for _, was, _, _ in told],
                "after": [is_ / each for _, _, is_, _ in told],
                "it": [fate for _, _, _, fate in told],
            }
        ),
        note=(
            f"{caption.subtitle} In all {caption.amount(sums[0])} → {caption.amount(sums[1])} "
            f"{caption.unit} ({caption.change(*sums)}); {same} functions are unchanged."
        ),
    )


def _sums(
    names: Iterable[str], before: Mapping[str, int], after: Mapping[str, int]
) -> tuple[int, int]:
    """Return the own counts of these functions together, before and after."""
    group = list(names)
    return sum(before.get(name, 0) for name in group), sum(after.get(name, 0) for name in group)


def _joint(group: Iterable[str], before: Mapping[str, int], after: Mapping[str, int]) -> str:
    """Return the names of a group: the functions in both profiles, then those in one only."""

    def place(name: str) -> tuple[bool, int, str]:
        counts = before.get(name, 0), after.get(name, 0)
        return not all(counts), -max(counts), name

    return " + ".join(plain_name(name) for name in sorted(group, key=place))


def _fate(before: int, after: int) -> str:
    if not before or not after:
        return "went" if before else "came"
    return "grew" if after > before else "shrank"
