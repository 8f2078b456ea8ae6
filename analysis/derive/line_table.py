"""Build tables of costs along an axis, a row for each point of a line."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

import pandas as pd

from ..estimate.cost_basis import as_measured
from ..estimate.result_set import ResultSet
from .row_kinds import ESTIMATE, MISSING, estimates

# From estimates to estimates with value, low, high, basis and note; see `cost_basis`.
Basis = Callable[[pd.DataFrame], pd.DataFrame]
# From cases and the axis to the name of each case's line.
Names = Callable[[pd.DataFrame, str], "pd.Series[str]"]
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
# A number with or without a binary unit, as sizes are labelled: 512, 4Ki.
SIZE = re.compile(r"(\d{1,15})(Ki|Mi|Gi)?")
BINARY = {None: 1, "Ki": 2**10, "Mi": 2**20, "Gi": 2**30}


def of_benchmarks(
    result_set: ResultSet,
    benchmarks: str,
    axis: str,
    *,
    panels: Sequence[tuple[str, str]] = (),
    panel_axis: str = "",
    basis: Basis = as_measured,
    name: Names | None = None,
    only_axis: bool = False,
    fewest_points: int = 2,
) -> pd.DataFrame:
    """Return the costs of some benchmarks along one of their axes, a row for each case.

    `benchmarks` is a regular expression that the whole of `family/benchmark` must match. With
    `only_axis`, cases that have a point on another axis as well are left out. The table is empty
    where fewer than `fewest_points` points of the axis were measured. See `table` for the rest.
    """
    measured, cases = (
        rows[(rows["family"] + "/" + rows["benchmark"]).str.fullmatch(benchmarks)]
        for rows in (result_set.estimates, result_set.cases)
    )
    if only_axis:
        measured, cases = only_along(measured, axis), only_along(cases, axis)
    found = table(measured, cases, axis, panels, basis, name, panel_axis)
    return found if estimates(found)["point"].nunique() >= fewest_points else found.iloc[:0]


def table(
    measured: pd.DataFrame,
    cases: pd.DataFrame,
    axis: str,
    panels: Sequence[tuple[str, str]] = (),
    basis: Basis = as_measured,
    name: Names | None = None,
    panel_axis: str = "",
) -> pd.DataFrame:
    """Return the cases that have a numeric point on an axis, a row for each, with COLUMNS.

    `measured` holds the estimates of the measured cases among `cases`. The others have no value;
    their note gives the reason. `panels` lists pairs of a pattern and a panel: a benchmark belongs
    to the first panel whose pattern matches the start of its name, and panels keep that order. With
    `panel_axis`, the points of that axis are the panels instead. `name` returns the names of the
    lines; by default, `series` does.
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
    listed = named[["machine", "evidence", "case", "panel", "series", "point", "state", "reason"]]
    costs = basis(measured).drop(columns=["evidence"])
    found = listed.merge(costs, on=["machine", "case"], how="left")
    found["what"] = found["value"].notna().map({True: ESTIMATE, False: MISSING})
    found["note"] = found["note"].where(
        found["note"].notna(), found["state"] + ": " + found["reason"]
    )
    found["unit"] = str(measured["unit"].iloc[0])
    order = {panel: place for place, (_, panel) in enumerate(panels)}
    found = found.sort_values("panel", key=lambda names: names.map(order), kind="stable")
    found = found[COLUMNS].reset_index(drop=True)
    return found if (found["what"] == ESTIMATE).any() else found.iloc[:0]


def numbers(points: pd.Series) -> pd.Series:
    """Return points as numbers, labels such as 4Ki too; other words become missing values."""
    if pd.api.types.is_numeric_dtype(points):
        return points

    def number(point: object) -> int | None:
        found = SIZE.fullmatch(str(point))
        return int(found[1]) * BINARY[found[2]] if found else None

    return pd.Series([number(point) for point in points], index=points.index, dtype="Int64")


def only_along(rows: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows that have a point on this axis and on no other."""
    column = f"axis_{axis}"
    if column not in rows:
        return rows.iloc[:0].assign(**{column: []})
    others = [c for c in rows.columns if c.startswith("axis_") and c != column]
    return rows[rows[column].notna() & rows[others].isna().all(axis=1)]


def series(rows: pd.DataFrame, along: str) -> pd.Series[str]:
    """Name each row by its benchmark and its points on all axes but `along`."""
    return rows["benchmark"].astype(str) + other_points(rows, along)


def other_points(rows: pd.DataFrame, along: str) -> pd.Series[str]:
    """Return each row's points on all axes but `along`, as the end of a name: `, pages 16`."""
    names = pd.Series("", index=rows.index, dtype=str)
    others = [c for c in rows.columns if c.startswith("axis_") and c != f"axis_{along}"]
    for column in others:
        # A word explains itself; a number needs the name of its axis.
        lead = f", {column.removeprefix('axis_')} "
        suffix = [
            "" if pd.isna(point) else f"{lead if str(point).isdecimal() else ', '}{point}"
            for point in rows[column]
        ]
        names = names + pd.Series(suffix, index=rows.index, dtype=str)
    return names
