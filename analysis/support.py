"""Which case ended in which state on which machine, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas as pd

from . import words
from .shelf import Shelf
from .tables import Table

NOT_ASKED = "not asked for"


def matrix(shelves: Sequence[Shelf]) -> tuple[Table, dict[str, str]]:
    """Return a row per benchmark and a column per machine, and the reasons by letter."""
    cases = pd.concat([shelf.cases for shelf in shelves], ignore_index=True)
    columns = [(name, shelf.evidence) for shelf in shelves for name in shelf.names]
    reasons = [reason for reason in dict.fromkeys(cases["reason"]) if reason]
    letters = {reason: _letters(place) for place, reason in enumerate(reasons)}
    ends: dict[tuple[str, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    told = ("family", "benchmark", "machine", "evidence", "state", "reason")
    for *place, state, reason in zip(*(cases[column] for column in told), strict=True):
        ends[tuple(place)][state, reason] += 1
    benchmarks = list(dict.fromkeys(zip(cases["family"], cases["benchmark"], strict=True)))
    rows = [
        [f"{family}/{benchmark}"]
        + [_cell(ends.get((family, benchmark, *column)), letters) for column in columns]
        for family, benchmark in benchmarks
    ]
    table = Table(
        name="support",
        title="Cases by benchmark and machine",
        headings=["benchmark", *(f"{name} ({evidence})" for name, evidence in columns)],
        rows=rows,
        data=cases[["machine", "evidence", "case", "state", "reason"]],
        note=" ".join(f"{letter}: {reason}." for reason, letter in letters.items()),
        text_columns=len(columns) + 1,
    )
    return table, {letter: reason for reason, letter in letters.items()}


def by_family(shelves: Sequence[Shelf]) -> tuple[list[str], list[list[str]]]:
    """Return a column per machine and a row per family: how many of its cases ended how."""
    columns = [(name, shelf.evidence, shelf.cases) for shelf in shelves for name in shelf.names]
    families = dict.fromkeys(
        str(family) for shelf in shelves for family in shelf.cases["family"].unique()
    )
    rows = [
        [family, *(_counted(cases, name, family) for name, _, cases in columns)]
        for family in families
    ]
    several = len(shelves) > 1
    headings = [f"{name} ({kind})" if several else name for name, kind, _ in columns]
    return ["family", *headings], rows


def _counted(cases: pd.DataFrame, machine: str, family: str) -> str:
    found = cases[(cases["machine"] == machine) & (cases["family"] == family)]
    states = found["state"].value_counts()
    if set(states.index) == {"measured"}:
        return f"all {len(found):,}" if len(found) > 1 else "measured"
    parts = [f"{states[s]:,} {s}" for s in ("measured", "skipped", "failed") if s in states]
    return ", ".join(parts) or NOT_ASKED


def counts(cases: pd.DataFrame) -> str:
    """Say how many cases ended in which state."""
    found = cases["state"].value_counts()
    parts = [
        f"{found[state]:,} {state}" for state in ("measured", "skipped", "failed") if state in found
    ]
    return words.listed(parts)


def _cell(ends: Counter[tuple[str, str]] | None, letters: dict[str, str]) -> str:
    if ends is None:
        return NOT_ASKED
    parts = []
    for (state, reason), members in ends.items():
        number = f" {members}" if len(ends) > 1 else ""
        why = f" ({letters[reason]})" if reason else ""
        parts.append(f"{state}{number}{why}")
    return ", ".join(parts)


def _letters(place: int) -> str:
    rest, letter = divmod(place, 26)
    return (_letters(rest - 1) if rest else "") + chr(ord("a") + letter)
