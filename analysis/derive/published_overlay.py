"""Add what others published of the same cases to a table, marked as theirs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pandas as pd

from ..estimate.frame import records
from ..reading.published import published
from .row_kinds import PROCESS, PUBLISHED, estimates

POINT = re.compile(r":(\d{1,15})(?=/|$)")


def with_published(rows: pd.DataFrame) -> pd.DataFrame:
    """Return a table with the published figures of its cases added, where the unit is the same.

    The `machine` of an added row says who published it and for which CPU and kernel. Figures at
    points beyond those of the table are left out.
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
        points = estimates(rows)["point"]
        added = added[(added["point"] >= points.min()) & (added["point"] <= points.max())]
    return pd.concat([rows, added[list(rows.columns)]], ignore_index=True)


def sources(rows: pd.DataFrame) -> list[str]:
    """Return who published the figures that were added to a table."""
    return list(dict.fromkeys(rows.loc[rows["what"] == PUBLISHED, "machine"]))


def citations(rows: pd.DataFrame) -> list[str]:
    """Return the full source of each published figure in a table, those seen second-hand marked."""
    added = rows[rows["what"] == PUBLISHED]
    if added.empty:
        return []
    known = published()
    known = known[known["case"].isin(added["case"]) & known["quantity"].isin(added["unit"])]
    known = known[[_whose(row) in set(added["machine"]) for row in records(known)]]
    return [
        f"{source}{' (secondary: seen in notes on it)' * (status == 'secondary')}"
        for source, status in dict.fromkeys(
            known[["source", "status"]].itertuples(index=False, name=None)
        )
    ]


def _along(known: pd.DataFrame, ours: pd.DataFrame) -> pd.DataFrame:
    """Match published figures with the lines they belong to, whatever their points."""
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
    """Return each line that a case may be a point of, with the point."""
    return [
        (f"{case[: found.start(1)]}*{case[found.end(1) :]}", int(found[1]))
        for found in POINT.finditer(case)
    ]


def _whose(row: Mapping[str, Any]) -> str:
    kernel = f"Linux {row['kernel']}" if row["kernel"][:1].isdecimal() else row["kernel"]
    on = ", ".join(filter(None, (row["cpu"], kernel)))
    return f"{row['short']}{f' ({on})' if on else ''}"
