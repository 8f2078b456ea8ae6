"""Add what others published to a table, over the cases that measure the same."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import pandas as pd

from ..estimate.frame import records
from ..interval import Interval
from ..reading.published import published
from .combination import Combination, parse
from .row_kinds import ESTIMATE, PROCESS, PUBLISHED, estimates

POINT = re.compile(r":(\d{1,15})(?=/|$)")
Row = dict[str, Any]
Rows = list[Row]


def with_published(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the published figures of its cases added, where the unit is the same.

    The `machine` of an added row says who published it and for which CPU and kernel. Figures at
    points beyond those of the table are left out. Where a figure is compared with a combination of
    cases, the combination's cost is added as well: a row of kind ESTIMATE for each machine and
    point at which all its cases were measured. It combines the costs as they are in the table.
    """
    known = published()
    known = known[known["quantity"].isin(set(rows["unit"].dropna())) & (known["compared"] != "")]
    along = "point" in rows
    lines = _by_line(records(rows[~rows["what"].isin((PUBLISHED, PROCESS))]), along)
    theirs: Rows = []
    computed: dict[str, Rows] = {}  # by formula of lines
    for figure in records(known):
        formula = parse(figure["compared"])
        names, point = _matching(formula, lines, along)
        if not names:
            continue
        ours = lines[names[0]] if formula.single else _combined(formula, names, lines)
        if ours:
            theirs.append(_theirs(figure, ours[0], point))
            by_case = dict(zip(formula.factors, names, strict=True))
            computed |= {} if formula.single else {formula.renamed(by_case.__getitem__): ours}
    if not theirs:
        return rows
    added = pd.DataFrame([*(row for each in computed.values() for row in each), *theirs])
    if along:
        points = estimates(rows)["point"]
        added = added[(added["point"] >= points.min()) & (added["point"] <= points.max())]
    return pd.concat([rows, added[list(rows.columns)]], ignore_index=True)


def sources(rows: pd.DataFrame) -> list[str]:
    """Return who published the figures that were added to a table."""
    return list(dict.fromkeys(rows.loc[rows["what"] == PUBLISHED, "machine"]))


def combinations(rows: pd.DataFrame) -> list[str]:
    """Return the names of the combinations of cases that published figures are compared with."""
    name = "series" if "series" in rows else "label"
    theirs = rows[rows["what"] == PUBLISHED]
    compared = [str(row[name]) for row in records(theirs) if not parse(row["case"]).single]
    return list(dict.fromkeys(compared))


def citations(rows: pd.DataFrame) -> list[str]:
    """Return the full source of each published figure in a table, those seen second-hand marked."""
    added = rows[rows["what"] == PUBLISHED]
    if added.empty:
        return []
    known = published()
    known = known[known["compared"].isin(added["case"]) & known["quantity"].isin(added["unit"])]
    known = known[[_whose(row) in set(added["machine"]) for row in records(known)]]
    return [
        f"{source}{' (secondary: seen in notes on it)' * (status == 'secondary')}"
        for source, status in dict.fromkeys(
            known[["source", "status"]].itertuples(index=False, name=None)
        )
    ]


def _lines(case: str, along: bool) -> list[tuple[str, int | None]]:
    """Return each line that a case may be a point of, with the point; without points, itself."""
    if not along:
        return [(case, None)]
    return [
        (f"{case[: found.start(1)]}*{case[found.end(1) :]}", int(found[1]))
        for found in POINT.finditer(case)
    ]


def _by_line(rows: Iterable[Row], along: bool) -> dict[str, Rows]:
    """Return the rows of each line."""
    found: dict[str, Rows] = defaultdict(list)
    for row in rows:
        for line, point in _lines(row["case"], along):
            if not along or point == row["point"]:
                found[line].append(row)
    return dict(found)


def _matching(
    formula: Combination, lines: Mapping[str, Rows], along: bool
) -> tuple[list[str], int | None]:
    """Return the lines that the cases of a formula belong to, and their point; [] for none."""
    options = [
        {point: line for line, point in _lines(case, along) if line in lines}
        for case in formula.factors
    ]
    for point, line in options[0].items():
        if all(point in others for others in options):
            return [line, *(others[point] for others in options[1:])], point
    return [], None


def _combined(formula: Combination, names: Sequence[str], lines: Mapping[str, Rows]) -> Rows:
    """Return a row for each machine and point at which all cases of a formula were measured."""
    costs: dict[tuple[str, int | None], dict[str, Row]] = defaultdict(dict)
    for case, name in zip(formula.factors, names, strict=True):
        for row in lines[name]:
            if row["what"] == ESTIMATE:
                costs[row["machine"], row.get("point")][case] = row
    return [_sum(formula, found) for found in costs.values() if len(found) == len(formula.factors)]


def _sum(formula: Combination, rows: Mapping[str, Row]) -> Row:
    """Return the row of a combination of rows, by the cases of the formula that they stand for."""
    cost = formula.of({case: _interval(row) for case, row in rows.items()})
    first = next(iter(rows.values()))
    bases = {row["basis"] for row in rows.values()}
    name = "series" if "series" in first else "label"
    return {
        **first,
        name: formula.renamed(lambda case: rows[case][name]),
        "case": formula.renamed(lambda case: rows[case]["case"]),
        "value": cost.value,
        "low": cost.low,
        "high": cost.high,
        "processes": cost.processes,
        "basis": bases.pop() if len(bases) == 1 else "net" if "gross" not in bases else "gross",
        "note": "",
    }


def _theirs(figure: Mapping[str, Any], ours: Row, point: int | None) -> Row:
    """Return the row of a published figure, at the place of a row of ours."""
    exact = figure["low"] == figure["high"]
    return {
        **ours,
        "point": point,
        "machine": _whose(figure),
        "what": PUBLISHED,
        "case": figure["compared"],
        "value": figure["low"] if exact else float("nan"),
        "low": figure["low"],
        "high": figure["high"],
        "processes": float("nan"),
        "basis": "published",
        "unit": figure["quantity"],
        "note": figure["condition"],
    }


def _interval(row: Row) -> Interval:
    low, high = _number(row["low"]), _number(row["high"])
    processes = _number(row["processes"])
    return Interval(float(row["value"]), low, high, None if processes is None else int(processes))


def _number(value: Any) -> float | None:
    return None if pd.isna(value) else float(value)


def _whose(row: Mapping[str, Any]) -> str:
    kernel = f"Linux {row['kernel']}" if row["kernel"][:1].isdecimal() else row["kernel"]
    on = ", ".join(filter(None, (row["cpu"], kernel)))
    return f"{row['short']}{f' ({on})' if on else ''}"
