"""Build the tables of the share of a CPU that switching takes: by rate, and the rates for 1 %."""

from __future__ import annotations

import pandas as pd

from .. import formatting
from ..estimate.result_set import ResultSet
from . import breakeven, line_table
from .row_kinds import ASSUMED, ESTIMATE, MISSING

MOST_SIZES = 3  # panels that fit side by side
AFFORDABLE = 0.01  # of a CPU
KINDS = {breakeven.MEASURED: ESTIMATE, breakeven.ASSUMED: ASSUMED}


def by_rate(result_set: ResultSet) -> pd.DataFrame:
    """Return the share of a CPU, in per cent, that each way takes at each reachable rate."""
    costs = breakeven.with_assumptions(result_set)
    if costs.empty:
        return pd.DataFrame(columns=line_table.COLUMNS)
    costs = costs[costs["pages"].isin(_sizes(costs))]
    found = breakeven.shares(costs)
    found = found[found["share_low"].fillna(found["share"]) <= 1]
    rows = pd.DataFrame(
        {
            "machine": found["machine"],
            "evidence": result_set.evidence,
            "panel": [formatting.count(pages, "page") for pages in found["pages"]],
            "series": found["way"],
            "point": found["rate"].astype(int),
            "what": found["origin"].map(KINDS),
            "value": 100 * found["share"],
            "low": 100 * found["share_low"],
            "high": 100 * found["share_high"],
            "unit": "%",
            "processes": found["processes"],
            "basis": "net",
            "case": found["case"],
            "note": found["source"],
        },
        columns=line_table.COLUMNS,
    )
    order = {formatting.count(pages, "page"): pages for pages in sorted(set(costs["pages"]))}
    whole = pd.concat([rows, _unmeasured(result_set, costs, order)], ignore_index=True)
    return _in_order(whole).sort_values(
        "panel", key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


def affordable_by_size(result_set: ResultSet) -> pd.DataFrame:
    """Return the rate of switches, per second, that takes 1 % of a CPU at each region size."""
    found = breakeven.affordable(breakeven.with_assumptions(result_set), AFFORDABLE)
    if found.empty:
        return pd.DataFrame(columns=line_table.COLUMNS)
    rows = pd.DataFrame(
        {
            "machine": found["machine"],
            "evidence": result_set.evidence,
            "panel": "",
            "series": found["way"],
            "point": found["pages"],
            "what": found["origin"].map(KINDS),
            "value": found["rate"],
            "low": found["rate_low"],
            "high": found["rate_high"],
            "unit": "1/s",
            "processes": found["processes"],
            "basis": "net",
            "case": found["case"],
            "note": found["source"],
        },
        columns=line_table.COLUMNS,
    )
    sizes = {str(pages): int(pages) for pages in sorted(set(rows["point"]))}
    missing = _unmeasured(result_set, found, sizes)
    missing["point"] = missing["panel"].map(sizes)
    return _in_order(pd.concat([rows, missing.assign(panel="", unit="1/s")], ignore_index=True))


def _sizes(costs: pd.DataFrame) -> list[int]:
    """Return the smallest size, the largest, and the one nearest to their geometric mean."""
    sizes = sorted(set(costs["pages"]))
    if len(sizes) <= MOST_SIZES:
        return sizes
    middle = (sizes[0] * sizes[-1]) ** 0.5
    return [sizes[0], min(sizes[1:-1], key=lambda size: abs(size / middle - 1)), sizes[-1]]


def _in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of the ways; within a way the order stays."""
    ways = {way: place for place, way in enumerate(breakeven.WAYS.values())}
    return rows.sort_values(
        "series", key=lambda names: names.map(ways), kind="stable", ignore_index=True
    )


def _unmeasured(result_set: ResultSet, costs: pd.DataFrame, panels: dict[str, int]) -> pd.DataFrame:
    """Return a row for each way and size that was neither measured nor assumed."""
    cases = line_table.only_along(result_set.cases[result_set.cases["family"] == "switch"], "pages")
    cases = cases[cases["benchmark"].isin(breakeven.WAYS) & (cases["state"] != "measured")]
    cases = cases.assign(way=cases["benchmark"].map(breakeven.WAYS))
    known = set(zip(costs["machine"], costs["way"], costs["pages"], strict=True))
    rows = [
        {
            "machine": row.machine,
            "evidence": result_set.evidence,
            "panel": panel,
            "series": row.way,
            "what": MISSING,
            "unit": "%",
            "case": row.case,
            "note": f"{row.state}: {row.reason}",
        }
        for row in cases.itertuples()
        for panel, pages in panels.items()
        if row.axis_pages == pages and (row.machine, row.way, pages) not in known
    ]
    return pd.DataFrame(rows, columns=line_table.COLUMNS)
