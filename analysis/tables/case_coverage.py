"""Build the tables of which cases were measured, skipped or failed on which machine, and why."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence

import pandas as pd

from .. import formatting
from ..estimate.result_set import ResultSet
from .table import Table

NOT_ASKED = "not asked for"


def matrix(result_sets: Sequence[ResultSet]) -> tuple[Table, dict[str, str]]:
    """Return a row for each benchmark, a column for each machine, and the reasons by letter."""
    cases = pd.concat([result_set.cases for result_set in result_sets], ignore_index=True)
    columns = [
        (name, result_set.evidence) for result_set in result_sets for name in result_set.names
    ]
    reasons = [reason for reason in dict.fromkeys(cases["reason"]) if reason]
    letters = {reason: _letters(place) for place, reason in enumerate(reasons)}
    ends: dict[tuple[str, ...], Counter[tuple[str, str]]] = defaultdict(Counter)
    facts = ("family", "benchmark", "machine", "evidence", "state", "reason")
    for *place, state, reason in zip(*(cases[column] for column in facts), strict=True):
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


def by_family(result_sets: Sequence[ResultSet]) -> tuple[list[str], list[list[str]]]:
    """Return headings and rows: for each family and machine, how many cases ended how."""
    columns = [
        (name, result_set.evidence, result_set.cases)
        for result_set in result_sets
        for name in result_set.names
    ]
    families = dict.fromkeys(
        str(family) for result_set in result_sets for family in result_set.cases["family"].unique()
    )
    rows = [
        [family, *(_counted(cases, name, family) for name, _, cases in columns)]
        for family in families
    ]
    several = len(result_sets) > 1
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
    """Say how many cases ended in each state."""
    found = cases["state"].value_counts()
    parts = [
        f"{found[state]:,} {state}" for state in ("measured", "skipped", "failed") if state in found
    ]
    return formatting.listed(parts)


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
