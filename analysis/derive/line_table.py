"""Tables of costs along an axis."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pandas as pd

from .. import formatting
from ..estimate.cost_basis import as_measured
from .row_kinds import ESTIMATE, MISSING, estimates, is_exact

COLUMNS = [
    "machine",
    "evidence",
    "panel",
    "series",
    "point",
    "what",
    "value",
    "low",
    "high",
    "unit",
    "processes",
    "basis",
    "case",
    "note",
]
# A point with a binary unit, as labels of sizes have it.
SIZE = re.compile(r"(\d{1,15})(Ki|Mi|Gi)?")
BINARY = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def table(
    measured: pd.DataFrame,
    cases: pd.DataFrame,
    axis: str,
    panels: Sequence[tuple[str, str]] = (),
    basis: Callable[[pd.DataFrame], pd.DataFrame] = as_measured,
    name: Callable[[pd.DataFrame, str], pd.Series[str]] | None = None,
    panel_axis: str = "",
) -> pd.DataFrame:
    """Return the cases that have a numbered point on an axis, one row each.

    `measured` holds the estimates of those of `cases` that were measured; the others have no value
    but a note with the reason. `panels` is a list of patterns and panels: a benchmark goes to the
    first panel whose pattern its name begins with; or the points of `panel_axis` are the panels.
    Panels come in that order. `name` gives the names of the lines, else `series` does.
    """
    column = f"axis_{axis}"
    if measured.empty or column not in cases:
        return pd.DataFrame(columns=COLUMNS)
    cases = cases.assign(point=numbers(cases[column]))
    cases = cases[cases["point"].notna()]
    named = cases.assign(panel="")
    if panel_axis:
        others = cases.drop(columns=f"axis_{panel_axis}")
        named = named.assign(panel=cases[f"axis_{panel_axis}"].astype(str))
        cases = others
    named["series"] = (name or series)(cases, axis)
    for pattern, panel in reversed(panels):
        named.loc[named["benchmark"].str.match(pattern), "panel"] = panel
    asked = named[["machine", "evidence", "case", "panel", "series", "point", "state", "reason"]]
    costs = basis(measured).drop(columns=["evidence"])
    found = asked.merge(costs, on=["machine", "case"], how="left")
    told = found["value"].notna()
    found["what"] = told.map({True: ESTIMATE, False: MISSING})
    found["note"] = found["note"].where(
        found["note"].notna(), found["state"] + ": " + found["reason"]
    )
    found["unit"] = str(measured["unit"].iloc[0])
    order = {panel: place for place, (_, panel) in enumerate(panels)}
    found = found.sort_values("panel", key=lambda names: names.map(order), kind="stable")
    found = found[COLUMNS].reset_index(drop=True)
    return found if (found["what"] == ESTIMATE).any() else found.iloc[:0]


def numbers(points: pd.Series) -> pd.Series:
    """Return points as numbers, those of labels such as 4Ki too; missing where they are words."""
    if pd.api.types.is_numeric_dtype(points):
        return points

    def number(point: object) -> int | None:
        found = SIZE.fullmatch(str(point))
        return int(found[1]) * BINARY[found[2]] if found else None

    return pd.Series([number(point) for point in points], index=points.index, dtype="Int64")


def sweeps(found: pd.DataFrame) -> bool:
    """Tell whether a table has figures at two points or more."""
    return bool(estimates(found)["point"].nunique() > 1)


def nothing_else(rows: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows that have a point on this axis and on no other."""
    column = f"axis_{axis}"
    if column not in rows:
        return rows.iloc[:0]
    others = [c for c in rows.columns if c.startswith("axis_") and c != column]
    return rows[rows[column].notna() & rows[others].isna().all(axis=1)]


def series(rows: pd.DataFrame, along: str) -> pd.Series[str]:
    """Name each row by its benchmark and its points on all other axes."""
    return rows["benchmark"].astype(str) + elsewhere(rows, along)


def elsewhere(rows: pd.DataFrame, along: str) -> pd.Series[str]:
    """Return what tells a row's points on all axes but one, as the end of a name."""
    names = pd.Series("", index=rows.index, dtype=str)
    others = [c for c in rows.columns if c.startswith("axis_") and c != f"axis_{along}"]
    for column in others:
        # A label speaks for itself, a number needs its axis.
        lead = f", {column.removeprefix('axis_')} "
        suffix = [
            "" if pd.isna(point) else f"{lead if str(point).isdecimal() else ', '}{point}"
            for point in rows[column]
        ]
        names = names + pd.Series(suffix, index=rows.index, dtype=str)
    return names


def alt(found: pd.DataFrame, along: str, cost: str) -> str:
    """Say in words what a figure of lines shows."""
    rows = estimates(found)
    machines = formatting.count(
        rows["machine"].nunique(), "kernel" if is_exact(rows) else "machine"
    )
    lines = rows.groupby(["machine", "panel", "series"], sort=False).ngroups
    ends = f"from {rows['point'].min():,} to {rows['point'].max():,}"
    return (
        f"{formatting.count(lines, 'line')} of {cost} against {along}, {ends}, on {machines}. "
        "The figures are in the table of all cases."
    )
