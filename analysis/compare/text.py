"""Comparisons and gates as text, Markdown, JUnit's XML and JSON."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from statistics import median
from typing import Any
from xml.etree import ElementTree as ET

import pandas as pd

from .. import formatting
from ..estimate.frame import records
from ..reading.bounded_json import ResultError
from ..reading.result import Result
from ..tables.table import Table
from .compare import DEFINITION, DEFINITION_OF_RUNS, INCONCLUSIVE, UNCHANGED, Comparison
from .gate import CASES_MISSING, NOT_COMPARABLE, NOT_DECIDED, PASS, REGRESSION, STATES, Gate
from .run_overlap import APART, AT_ONCE, NOT_KNOWN, SAME_RUN

OUTCOMES = {
    PASS: "pass",
    REGRESSION: "regression",
    NOT_DECIDED: "inconclusive",
    NOT_COMPARABLE: "the machines are not comparable",
    CASES_MISSING: "cases are missing",
}
SECONDS = {"ns": 1e-9, "us": 1e-6}


@dataclass(frozen=True)
class View:
    """Which rows of a comparison to show, in which order and unit."""

    sort: str = ""  # case, ratio or change; "" keeps the order of the results
    only_changed: bool = False
    unit: str = ""  # ns, us, cycles or ticks; "" chooses what fits each cost

    @property
    def in_seconds(self) -> bool:
        """Whether times are to be compared as times, even where core cycles are known."""
        return self.unit not in ("", "cycles")

    def check(self, comparison: Comparison) -> None:
        """Raise ResultError where the results have no figures in the unit that was asked for."""
        cases, sides = comparison.cases, (comparison.base, comparison.new)
        if not self.unit or cases.empty:
            return
        if _exact(comparison):
            raise ResultError(f"counts of instructions have no {self.unit}.")
        if self.unit == "cycles" and not (cases["unit"] == "cycles").all():
            raise ResultError("not all of these cases have core cycles on both sides.")
        if self.unit == "ticks" and not all(_ticks_per_second(each) for each in sides):
            raise ResultError("a result does not say how fast its time-stamp counter is.")

    def rows(self, cases: pd.DataFrame) -> pd.DataFrame:
        """Return the rows to show, in their order."""
        if self.only_changed:
            cases = cases[~cases["verdict"].isin((UNCHANGED, INCONCLUSIVE))]
        if self.sort == "case":
            return cases.sort_values("case", kind="stable")
        if self.sort:
            ratios = cases["ratio"].astype(float)
            keys = ratios if self.sort == "ratio" else ratios.map(math.log).abs()
            order = keys.sort_values(ascending=False, kind="stable", na_position="last").index
            return cases.loc[order]
        return cases


AS_IT_IS = View()


def table(comparison: Comparison, view: View = AS_IT_IS, gate: Gate | None = None) -> Table:
    """Return a comparison as a table, a row per case; of a gate, what fails comes first."""
    shown = _shown(comparison, view, gate)
    sides = {"base": comparison.base, "new": comparison.new}
    in_ticks = sides if view.unit == "ticks" else {}
    rates = {place: _ticks_per_second(result) for place, result in in_ticks.items()}
    definition = DEFINITION_OF_RUNS if _several(comparison) else DEFINITION
    return Table(
        name="compare",
        title=f"{side(comparison.new_runs)} against {side(comparison.base_runs)}",
        headings=_headings(comparison),
        rows=[_row(row, view, rates) for row in records(shown)],
        data=shown,
        note=" ".join([*(f"{note}." for note in notes(comparison)), definition]),
    )


def side(runs: Sequence[Result]) -> str:
    """Return what tells one side from others: its files, machine and dates."""
    files = formatting.listed([result.file for result in runs])
    names = dict.fromkeys(result.name for result in runs)
    dates = sorted({_minute(result.date) for result in runs} - {""})
    when = " to ".join(dict.fromkeys((dates[0], dates[-1]))) if dates else ""
    text = f"{files} ({', '.join(filter(None, (*names, when)))})"
    return text if len(runs) == 1 else f"{len(runs)} runs, {text}"


def _minute(date: str) -> str:
    return date[:16].replace("T", " ")


def summary(comparison: Comparison) -> str:
    """Return how many cases have which verdict, as one sentence."""
    counts = Counter(comparison.cases["verdict"])
    parts = [f"{number} {verdict}" for verdict, number in sorted(counts.items())]
    within = "" if _exact(comparison) else f" (within {100 * comparison.margin:.3g} %)"
    parts = [part + within * part.endswith(UNCHANGED) for part in parts]
    apart = "" if comparison.comparable else "the machines are not comparable: "
    return f"{apart}{', '.join(parts) or 'no case was compared'}."


def outcome(gate: Gate) -> str:
    """Return how a gate ends, and how many cases are in which state, as one line."""
    counts = Counter(gate.states)
    parts = [f"{counts[state]} {state}" for state in STATES if counts[state]]
    judged = set(counts) - {"added"}
    return f"{OUTCOMES[gate.code]}: {', '.join(parts if judged else ['no case was compared'])}"


def notes(comparison: Comparison) -> list[str]:
    """Return what to know about the two results, a sentence each, without full stops."""
    same = [f"base and new are the same run, {side(comparison.base_runs)}"] * (
        comparison.run_overlap == SAME_RUN
    )
    differ = [
        f"{'not comparable: ' if difference.matters else ''}{difference}"
        for difference in comparison.differences
    ]
    return [*same, *differ, *filter(None, [caution(comparison), _run_effect(comparison)])]


def caution(comparison: Comparison) -> str:
    """Return a warning about what else may have made a case faster or slower, "" for none.

    A warning is due where runs on one machine did not take turns.
    """
    timed = comparison.base.evidence == "silicon" and comparison.comparable
    if not timed or comparison.cases.empty:
        return ""
    if comparison.run_overlap == AT_ONCE:
        return "the runs overlapped without taking turns: each may have slowed the other"
    if comparison.run_overlap == NOT_KNOWN:
        return (
            "the results do not say whether they were taken at the same time: a drift of the "
            "machine counts as a difference"
        )
    if comparison.run_overlap != APART:
        return ""
    if _several(comparison):
        return (
            "all runs of one side were taken before those of the other: a drift of the machine "
            "counts as a difference; measure both sides alternately"
        )
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


def _run_effect(comparison: Comparison) -> str:
    """Return what was added to the intervals for a run's own effect, "" for nothing."""
    if _several(comparison) and not _exact(comparison):
        base, new = len(comparison.base_runs), len(comparison.new_runs)
        return f"the run is the unit, of which base has {base} and new has {new}"
    if not comparison.run_effect or comparison.cases["low"].isna().all():
        return ""
    return (
        "each interval allows for what a run has of its own, a standard deviation of "
        f"{100 * comparison.run_effect:.3g} % for either run; several runs a side show what it is "
        "here and make intervals narrower (`pkbench run --repeat 5`, `--against`)"
    )


def _several(comparison: Comparison) -> bool:
    return len(comparison.base_runs) + len(comparison.new_runs) > 2


def junit(gate: Gate) -> bytes:
    """Return a gate as JUnit's XML, as build servers read it: a test per case of the base."""
    states = Counter(gate.states)
    suite = ET.Element(
        "testsuite",
        name="pkbench gate",
        tests=str(sum(number for state, number in states.items() if state != "added")),
        failures=str(states["regression"]),
        errors=str(states["missing"]),
        skipped=str(states["inconclusive"]),
    )
    properties = ET.SubElement(suite, "properties")
    ET.SubElement(properties, "property", name="outcome", value=outcome(gate))
    for each in notes(gate.comparison):
        ET.SubElement(properties, "property", name="note", value=each)
    shown = table(gate.comparison, gate=gate)
    for row, texts in zip(records(shown.data), shown.rows, strict=True):
        if row["state"] != "added":
            _test(suite, row, texts, _bounds(gate.comparison))
    ET.indent(suite)
    text = ET.tostring(suite, encoding="unicode")
    return f"<?xml version='1.0' encoding='utf-8'?>\n{text}\n".encode()


def plain(
    comparison: Comparison, view: View = AS_IT_IS, gate: Gate | None = None
) -> dict[str, Any]:
    """Return a comparison, or a gate, as an object for JSON; what is missing is None."""
    shown = _shown(comparison, view, gate)
    rows = [
        {key: None if pd.isna(value) else value for key, value in row.items()}
        for row in records(shown)
    ]
    differences = [
        {"fact": each.fact, "base": each.base, "new": each.new, "matters": each.matters}
        for each in comparison.differences
    ]
    sides = {"base": comparison.base_runs, "new": comparison.new_runs}
    return {
        **{place: _facts(runs[0]) for place, runs in sides.items()},
        "runs": {place: [_facts(result) for result in runs] for place, runs in sides.items()},
        "run_effect": comparison.run_effect,
        "comparable": comparison.comparable,
        "run_overlap": comparison.run_overlap,
        "notes": notes(comparison),
        "differences": differences,
        "cases": rows,
    }


def _facts(result: Result) -> dict[str, str]:
    return {"file": result.file, "machine": result.name, "date": result.date}


def _shown(comparison: Comparison, view: View, gate: Gate | None) -> pd.DataFrame:
    if gate is None:
        return view.rows(comparison.cases)
    judged = comparison.cases.assign(state=gate.states)
    # Of a gate, what decides it is never left out.
    rows = judged[judged["state"] != "pass"] if view.only_changed else judged
    return (
        replace(view, only_changed=False)
        .rows(rows)
        .sort_values("state", key=lambda states: states.map(STATES.index), kind="stable")
    )


def _exact(comparison: Comparison) -> bool:
    return comparison.base.evidence == "path length"


def _headings(comparison: Comparison) -> Sequence[str]:
    unit = " (instructions)" if _exact(comparison) else ""
    return ("case", f"base{unit}", f"new{unit}", "new ÷ base", _bounds(comparison), "verdict")


def _bounds(comparison: Comparison) -> str:
    """Return what the bounds of a ratio are called."""
    return "range" if _exact(comparison) else "95 % interval"


def _row(row: dict[str, Any], view: View, rates: Mapping[str, float]) -> list[str]:
    interval = ""
    if pd.notna(row["low"]) and row["low"] < row["high"]:
        interval = f"{formatting.figures(row['low'], 4)} to {formatting.figures(row['high'], 4)}"
    return [
        row["case"],
        *(_cost(row[place], row["unit"], view, rates.get(place)) for place in ("base", "new")),
        "" if pd.isna(row["ratio"]) else formatting.figures(row["ratio"], 4),
        interval,
        _verdict(row),
    ]


def _verdict(row: dict[str, Any]) -> str:
    """Return a row's verdict, or its state in a gate, and what to know about it."""
    text = str(row.get("state") or row["verdict"])
    if row["why"]:
        text = f"{text}: {row['why']}"
    odd = [0 if pd.isna(row[name]) else int(row[name]) for name in ("odd_base", "odd_new")]
    odd_ones = f" (odd processes: {odd[0]} of base, {odd[1]} of new)"
    return text + odd_ones * any(odd)


def _cost(value: float, unit: str, view: View, ticks_per_second: float | None) -> str:
    if pd.isna(value):
        return ""
    if unit == "cycles":
        return f"{formatting.figures(value)} cycles"
    if unit == "s" and view.unit in SECONDS:
        name = "µs" if view.unit == "us" else view.unit
        return f"{formatting.figures(value / SECONDS[view.unit])} {name}"
    if unit == "s" and ticks_per_second is not None:
        return f"{formatting.figures(value * ticks_per_second)} ticks"
    return formatting.cost(value, unit)


def _ticks_per_second(result: Result) -> float:
    """Return the rate of a machine's time-stamp counter, by its values; 0 where not known."""
    rates = [
        ticks / seconds
        for process in result.processes
        for ticks, seconds in zip(process.per_value.get("ticks", ()), process.values, strict=False)
    ]
    return median(rates) if rates else 0.0


def _test(suite: ET.Element, row: dict[str, Any], texts: Sequence[str], bounds: str) -> None:
    family, _, rest = row["case"].partition("/")
    test = ET.SubElement(suite, "testcase", classname=family, name=rest)
    _, base, new, ratio, interval, _ = texts
    within = f" ({bounds} {interval})" if interval else ""
    verdict = _verdict({**row, "state": ""})
    own = f"{row['state']}: "
    why = "" if verdict == row["state"] else f": {verdict.removeprefix(own)}"
    message = f"{row['state']}: {base} before, {new} now; new ÷ base is {ratio}{within}{why}"
    if row["state"] == "regression":
        ET.SubElement(test, "failure", message=message)
    elif row["state"] == "missing":
        ET.SubElement(
            test,
            "error",
            message="missing: the base result has this case, the new result does not",
        )
    elif row["state"] == "inconclusive":
        ET.SubElement(test, "skipped", message=message)
