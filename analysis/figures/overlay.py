"""What others published, laid over a chart: of other machines, and marked as such."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd
from matplotlib.axes import Axes

from ..derive.row_kinds import PROCESS, PUBLISHED, estimates
from ..estimate.frame import records
from ..reading.published import published
from . import style

LOOK: dict[str, Any] = {"color": "#666666", "markersize": 6, "linewidth": 0.9, "zorder": 6}
POINT = re.compile(r":(\d{1,15})(?=/|$)")
MARKERS = ("*", "x", "+", "1", "2", "3", "4", "p", "h", "<", ">", "d", "8", "|", "_")


def laid_over(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a figure's table with the published figures of its cases, where the unit is its own.

    Their machine is who published them and on what; those beyond the figure's points stay out.
    """
    units = set(rows["unit"].dropna())
    known = published()
    known = known[known["quantity"].isin(units) & (known["case"] != "")]
    ours = rows[~rows["what"].isin((PUBLISHED, PROCESS))].drop(columns=["low", "high", "value"])
    known = known[["case", "low", "high", "quantity", "short", "cpu", "kernel", "condition"]]
    if "point" in rows:
        found = _along(known, ours)
    else:
        found = known.merge(ours.drop_duplicates("case"), on="case", how="inner")
    if found.empty:
        return rows
    exact = found["low"] == found["high"]
    added = found.assign(
        machine=[_whose(row) for row in records(found)],
        what=PUBLISHED,
        value=found["low"].where(exact),
        processes=float("nan"),
        basis="published",
        unit=found["quantity"],
        note=found["condition"],
    )
    if "point" in added:
        told = estimates(rows)["point"]
        added = added[(added["point"] >= told.min()) & (added["point"] <= told.max())]
    return pd.concat([rows, added[list(rows.columns)]], ignore_index=True)


def _along(known: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Match published figures with the lines they belong to, at whatever point."""
    ours = ours[ours["point"].notna()]
    theirs = [
        {"line": line, "at": point, **row}
        for row in records(known)
        for line, point in _lines(row["case"])
    ]
    lines = [
        (line, place)
        for place, (case, point) in enumerate(zip(ours["case"], ours["point"], strict=True))
        for line, at in _lines(case)
        if at == point
    ]
    place = ours.iloc[[place for _, place in lines]]
    place = place.assign(line=pd.Series([line for line, _ in lines], index=place.index, dtype=str))
    columns = ["line", "at", *known.columns]
    found = pd.DataFrame(theirs, columns=columns).merge(
        place.drop_duplicates("line").drop(columns="case"), on="line", how="inner"
    )
    return found.assign(point=found["at"])


def _lines(case: str) -> list[tuple[str, int]]:
    """Return each line that a case may be a point of, with that point."""
    return [
        (f"{case[: found.start(1)]}*{case[found.end(1) :]}", int(found[1]))
        for found in POINT.finditer(case)
    ]


def note(rows: pd.DataFrame) -> str:
    """Say whose the published figures are, and that they are of other machines."""
    added = rows[rows["what"] == PUBLISHED]
    if added.empty:
        return ""
    known = published()
    known = known[known["case"].isin(added["case"]) & known["quantity"].isin(added["unit"])]
    known = known[[_whose(row) in set(added["machine"]) for row in records(known)]]
    sources = [
        f"{source}{' (secondary: seen in notes on it)' * (status == 'secondary')}"
        for source, status in dict.fromkeys(
            known[["source", "status"]].itertuples(index=False, name=None)
        )
    ]
    return (
        "Grey marks are published figures of other machines, measured by others in "
        f"other ways: {'; '.join(sources)}."
    )


def sources(rows: pd.DataFrame) -> list[str]:
    """Return whose figures are laid over a table."""
    return list(dict.fromkeys(rows.loc[rows["what"] == PUBLISHED, "machine"]))


def mark(place: int) -> dict[str, Any]:
    """Return how the marks of the source at that place look."""
    return {**LOOK, "marker": MARKERS[place % len(MARKERS)]}


def draw_lines(axes: Axes, rows: pd.DataFrame, names: list[str], scale: float) -> None:
    """Draw published figures on a panel of lines."""
    for place, name in enumerate(names):
        for _, line in rows[rows["machine"] == name].groupby("series", sort=False):
            found = line.sort_values("point")
            middle = (found["low"] * found["high"]) ** 0.5
            x = found["point"].to_numpy(dtype=float)
            axes.plot(x, middle / scale, linestyle=":", **mark(place))


def draw_keys(axes: Axes, names: list[str]) -> list[Any]:
    """Return the legend's entries."""
    return [
        axes.plot([], [], linestyle=":", label=style.wrapped(name, 32, 3), **mark(place))[0]
        for place, name in enumerate(names)
    ]


def _whose(row: Mapping[str, Any]) -> str:
    kernel = f"Linux {row['kernel']}" if row["kernel"][:1].isdecimal() else row["kernel"]
    on = ", ".join(filter(None, (row["cpu"], kernel)))
    return f"{row['short']}{f' ({on})' if on else ''}"
