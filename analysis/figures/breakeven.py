"""How much of a CPU each way to switch takes, by the rate of switches and the region's size."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from .. import formatting
from ..derive import breakeven, line_table
from ..derive.row_kinds import ASSUMED, ESTIMATE, MISSING, estimates
from ..estimate.result_set import ResultSet
from . import lines, style
from .chart import interval_note

NAME = "breakeven"
TITLE = "Which way costs least, and how much of a CPU it takes"
NEEDS = (
    "no opening and closing of a region was measured as time: a share of a CPU can't be made of "
    "instruction counts"
)
MOST_SIZES = 3
REFERENCE = 1.0  # per cent: what most programs would pay
LABEL = "share of one CPU (%), log scale\nlower is better"


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the share of a CPU, in per cent, at each rate that it allows."""
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
            "what": found["origin"].map({breakeven.MEASURED: ESTIMATE, breakeven.ASSUMED: ASSUMED}),
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
    whole = pd.concat([rows, unmeasured(result_set, costs, order)], ignore_index=True)
    return in_order(whole).sort_values(
        "panel", key=lambda names: names.map(order), kind="stable", ignore_index=True
    )


def in_order(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows in the order of the ways, and of machines before that."""
    ways = {way: place for place, way in enumerate(breakeven.WAYS.values())}
    return rows.sort_values(
        "series", key=lambda names: names.map(ways), kind="stable", ignore_index=True
    )


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(
        rows,
        "switches per second",
        width,
        log=True,
        decades=True,
        label=LABEL,
        across=True,
        decorate=_reference,
    )


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows, how it was made, and what was assumed."""
    return (
        "A switch opens a region of so many pages for writing, stores to it and closes it again. "
        "The share of a CPU is the rate of switches times the measured cost of one, as ERIM "
        "reports it (USENIX Security 2019); a line ends where a CPU is full. The dotted line is at "
        f"1 %. {interval_note(rows)} {assumed_note(rows)}"
    ).strip()


def assumed_note(rows: pd.DataFrame) -> str:
    """Say what was assumed and not measured."""
    sources = list(dict.fromkeys(rows.loc[rows["what"] == ASSUMED, "note"]))
    if not sources:
        return ""
    return (
        f"Hatched band: the reader's assumption, not measured here: {'; '.join(sources)}; a switch "
        "is taken to be two WRPKRU."
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    told = estimates(rows)
    told = told[told["value"] <= 100]
    parts = [
        f"{series} of {panel} {formatting.figures(value)} % at {point:,.0f} switches a second "
        f"({machine})"
        for machine, panel, series, point, value in told.loc[
            told.groupby(["machine", "panel", "series"], sort=False)["point"].idxmax(),
            ["machine", "panel", "series", "point", "value"],
        ].itertuples(index=False)
    ]
    return f"Lines of the share of a CPU against switches per second. {'; '.join(parts)}."


def _sizes(costs: pd.DataFrame) -> list[int]:
    """Return the smallest size, the largest and one between."""
    sizes = sorted(set(costs["pages"]))
    if len(sizes) <= MOST_SIZES:
        return sizes
    middle = (sizes[0] * sizes[-1]) ** 0.5
    return [sizes[0], min(sizes[1:-1], key=lambda size: abs(size / middle - 1)), sizes[-1]]


def unmeasured(result_set: ResultSet, costs: pd.DataFrame, panels: dict[str, int]) -> pd.DataFrame:
    """Return a row for each way and size that was neither measured nor assumed."""
    cases = line_table.nothing_else(
        result_set.cases[result_set.cases["family"] == "switch"], "pages"
    )
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


def _reference(axes: Axes, _: pd.DataFrame) -> None:
    axes.axhline(REFERENCE, color="#555555", linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
