"""Build tables of functions: the count in each, and the changes between two profiles."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import pandas as pd

from ..tables.table import NOT_MEASURED, Table
from .caption import Caption, plain_name, share
from .folded import Stacks, total


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


def changes(baseline: Stacks, new: Stacks, caption: Caption) -> Table:
    """Return the functions whose own counts changed, the largest change first."""
    before = {function.name: function.own for function in functions(baseline, {})}
    after = {function.name: function.own for function in functions(new, {})}
    rows = [(name, before.get(name, 0), after.get(name, 0)) for name in sorted({**before, **after})]
    changed = [row for row in rows if row[1] != row[2]]
    changed.sort(key=lambda row: -abs(row[2] - row[1]))
    each = caption.operations
    sums = total(baseline), total(new)
    return Table(
        name="changes",
        title=caption.title,
        headings=["function", "before", "after", "change", "it"],
        rows=[
            [
                plain_name(name),
                caption.amount(was),
                caption.amount(is_),
                caption.signed(is_ - was),
                _fate(was, is_),
            ]
            for name, was, is_ in changed
        ],
        data=pd.DataFrame(
            {
                "function": [plain_name(name) for name, _, _ in changed],
                "before": [was / each for _, was, _ in changed],
                "after": [is_ / each for _, _, is_ in changed],
                "it": [_fate(was, is_) for _, was, is_ in changed],
            }
        ),
        note=(
            f"{caption.subtitle} In all {caption.amount(sums[0])} → {caption.amount(sums[1])} "
            f"{caption.unit} ({caption.change(*sums)}); {len(rows) - len(changed)} functions are "
            "unchanged."
        ),
    )


def _fate(before: int, after: int) -> str:
    if not before or not after:
        return "went" if before else "came"
    return "grew" if after > before else "shrank"
