"""Comparisons and gates as text, Markdown, JUnit's XML and JSON."""

from __future__ import annotations

from collections import Counter
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd

from .. import formatting
from ..estimate.frame import records
from ..tables.table import Table
from .compare import DEFINITION, FASTER, SLOWER, UNCHANGED, Comparison
from .gate import CASES_MISSING, INCONCLUSIVE, NOT_COMPARABLE, PASS, REGRESSION, Gate
from .run_overlap import APART, AT_ONCE

HEADINGS = ("case", "base", "new", "new ÷ base", "95 % interval", "verdict")
OUTCOMES = {
    PASS: "pass",
    REGRESSION: "regression",
    INCONCLUSIVE: "inconclusive",
    NOT_COMPARABLE: "the machines are not comparable",
    CASES_MISSING: "cases are missing",
}


def table(comparison: Comparison, title: str = "") -> Table:
    """Return a comparison as a table, a row per case."""
    rows = [_row(row) for row in records(comparison.cases)]
    return Table(
        name="compare",
        title=title or f"{comparison.new.name} against {comparison.base.name}",
        headings=HEADINGS,
        rows=rows,
        data=comparison.cases,
        note=DEFINITION,
    )


def summary(comparison: Comparison) -> str:
    """Return how many cases have which verdict, as one sentence."""
    counts = Counter(comparison.cases["verdict"])
    parts = [f"{number} {verdict}" for verdict, number in sorted(counts.items())]
    exact = (comparison.cases["unit"] == "instructions").all()
    within = f" (within {100 * comparison.margin:.3g} %)" if not exact else ""
    parts = [part + within * part.endswith(UNCHANGED) for part in parts]
    return f"{', '.join(parts) or 'no case'}."


def weighed(gate: Gate) -> list[str]:
    """Return how many cases are in which state, a text per state."""
    counts = Counter(state for state in gate.states if state)
    return [f"{number} {state}" for state, number in sorted(counts.items())] or ["no case"]


def what_differs(comparison: Comparison) -> list[str]:
    """Return a line per fact in which the two results differ."""
    return [
        f"{'not comparable: ' if difference.matters else ''}{difference}"
        for difference in comparison.differences
    ]


def caution(comparison: Comparison) -> str:
    """Return a warning about what else may have made a case faster or slower, "" for none.

    A warning is due where two runs on one machine did not take turns.
    """
    changed = comparison.comparable and not comparison.with_verdict(FASTER, SLOWER).empty
    if not changed or comparison.base.evidence != "silicon":
        return ""
    if comparison.run_overlap == AT_ONCE:
        return "the runs overlapped without taking turns: each may have slowed the other"
    if comparison.run_overlap != APART:
        return ""
    rebooted = any(difference.fact.startswith("kernel") for difference in comparison.differences)
    advice = (
        "measure both again and see whether the difference stays"
        if rebooted
        else "start both runs at once, and they take turns"
    )
    return (
        "the runs were taken one after the other: a drift of the machine counts as a difference; "
        f"{advice}"
    )


def junit(gate: Gate) -> bytes:
    """Return a gate as JUnit's XML, as build servers read it: a test per case of the base."""
    states = Counter(gate.states)
    suite = ET.Element(
        "testsuite",
        name="pkbench gate",
        tests=str(sum(number for state, number in states.items() if state)),
        failures=str(states["regression"]),
        errors=str(states["missing"]),
        skipped=str(states["inconclusive"]),
    )
    for row, state in zip(records(gate.comparison.cases), gate.states, strict=True):
        if state:
            _test(suite, row, state)
    ET.indent(suite)
    text = ET.tostring(suite, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def plain(comparison: Comparison) -> dict[str, Any]:
    """Return a comparison as an object for JSON; what is missing is None."""
    rows = [
        {key: None if pd.isna(value) else value for key, value in row.items()}
        for row in records(comparison.cases)
    ]
    differences = [
        {"fact": each.fact, "base": each.base, "new": each.new, "matters": each.matters}
        for each in comparison.differences
    ]
    return {
        "comparable": comparison.comparable,
        "run_overlap": comparison.run_overlap,
        "differences": differences,
        "cases": rows,
    }


def _row(row: dict[str, Any]) -> list[str]:
    interval = ""
    if pd.notna(row["low"]) and row["low"] < row["high"]:
        interval = f"{formatting.figures(row['low'], 4)} to {formatting.figures(row['high'], 4)}"
    return [
        row["case"],
        _cost(row["base"], row["unit"]),
        _cost(row["new"], row["unit"]),
        "" if pd.isna(row["ratio"]) else formatting.figures(row["ratio"], 4),
        interval,
        f"{row['verdict']}: {row['why']}" if row["why"] else row["verdict"],
    ]


def _cost(value: float, unit: str) -> str:
    if unit == "cycles" and pd.notna(value):
        return f"{formatting.figures(value)} cycles"
    return formatting.cost(value, unit)


def _test(suite: ET.Element, row: dict[str, Any], state: str) -> None:
    family, _, rest = row["case"].partition("/")
    test = ET.SubElement(suite, "testcase", classname=family, name=rest)
    _, base, new, ratio, interval, verdict = _row(row)
    bounds = f" (95 % interval {interval})" if interval else ""
    message = f"{verdict}: {base} before, {new} now; new ÷ base is {ratio}{bounds}"
    if state == "regression":
        ET.SubElement(test, "failure", message=message)
    elif state == "missing":
        ET.SubElement(
            test, "error", message="the base result has this case, the new result does not"
        )
    elif state == "inconclusive":
        ET.SubElement(test, "skipped", message=message)
