"""Tables of costs along an axis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pandas as pd

from ..costs import as_measured

COLUMNS = [
    "machine",
    "evidence",
    "panel",
    "series",
    "point",
    "value",
    "low",
    "high",
    "unit",
    "processes",
    "basis",
    "case",
]


def table(
    rows: pd.DataFrame,
    axis: str,
    panels: Sequence[tuple[str, str]] = (),
    basis: Callable[[pd.DataFrame], pd.DataFrame] = as_measured,
) -> pd.DataFrame:
    """Return the cases that have a numbered point on an axis, one row each.

    `panels` is a list of patterns and panels: a benchmark goes to the first panel whose pattern its
    name begins with. Panels come in that order.
    """
    column = f"axis_{axis}"
    if column not in rows or not pd.api.types.is_numeric_dtype(rows[column]):
        return pd.DataFrame(columns=COLUMNS)
    rows = rows[rows[column].notna()]
    found = basis(rows)
    found = found.assign(point=rows[column], series=series(rows, axis), panel="")
    for pattern, panel in reversed(panels):
        found.loc[found["benchmark"].str.match(pattern), "panel"] = panel
    order = {panel: place for place, (_, panel) in enumerate(panels)}
    found = found.sort_values("panel", key=lambda names: names.map(order), kind="stable")
    return found.loc[found["value"].notna(), COLUMNS].reset_index(drop=True)


def nothing_else(rows: pd.DataFrame, axis: str) -> pd.DataFrame:
    """Return the rows that have a point on this axis and on no other."""
    column = f"axis_{axis}"
    if column not in rows:
        return rows.iloc[:0]
    others = [c for c in rows.columns if c.startswith("axis_") and c != column]
    return rows[rows[column].notna() & rows[others].isna().all(axis=1)]


def series(rows: pd.DataFrame, along: str) -> pd.Series[str]:
    """Name each row by its benchmark and its points on all other axes."""
    names = rows["benchmark"].astype(str)
    others = [c for c in rows.columns if c.startswith("axis_") and c != f"axis_{along}"]
    for column in others:
        # A label speaks for itself, a number needs its axis.
        numbered = pd.api.types.is_numeric_dtype(rows[column])
        lead = f", {column.removeprefix('axis_')} " if numbered else ", "
        suffix = [lead + str(point) if pd.notna(point) else "" for point in rows[column]]
        names = names + pd.Series(suffix, index=rows.index, dtype=str)
    return names


def alt(found: pd.DataFrame, along: str, cost: str) -> str:
    """Say in words what a figure of lines shows."""
    machines = found["machine"].nunique()
    lines = found.groupby(["machine", "panel", "series"], sort=False).ngroups
    ends = f"from {found['point'].min():,} to {found['point'].max():,}"
    return (
        f"{lines} lines of {cost} against {along}, {ends}, on {machines} "
        f"{'machine' if machines == 1 else 'machines'}. The figures are in the table of all cases."
    )
