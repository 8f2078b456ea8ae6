"""Build the break-even table: which way costs least by size, and its share of a CPU by rate."""

from __future__ import annotations

from typing import Any

import pandas as pd

from .. import formatting
from ..derive import breakeven
from ..derive.breakeven import with_assumptions
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from .table import NOT_MEASURED, Table

RATES = (1_000.0, 10_000.0, 100_000.0, 1_000_000.0)
FULL = "more than a CPU"
NOTE = (
    "The share of a CPU is the rate of switches times the cost of one, with its 95 % interval in "
    "brackets. A switch opens a region for writing, stores to it and closes it again. Lowest cost: "
    "the way whose whole interval lies below all others; inconclusive where there is none. Tagging "
    "pays after: the cost of one pkey_mprotect, divided by what a switch by WRPKRU saves compared "
    "with one by mprotect."
)
INCONCLUSIVE = "inconclusive"


def table(result_set: ResultSet) -> Table:
    """Return a row for each machine, size and way; none where no switch was measured as time."""
    costs = with_assumptions(result_set)
    best = _by_size(breakeven.lowest_cost(costs))
    tags = _by_size(breakeven.tagging(costs, result_set.estimates))
    rows = [_row(row, best, tags) for row in records(costs)]
    return Table(
        name="breakeven",
        title="Which way costs least, and what share of a CPU it takes",
        headings=[
            *("machine", "pages", "way"),
            *(f"{rate:,.0f} switches/s" for rate in RATES),
            *("lowest cost", "tagging pays after"),
        ],
        rows=rows,
        data=breakeven.shares(costs, RATES),
        note=f"{NOTE}{_assumed(costs)}" if rows else "",
        text_columns=3,
    )


def _row(cost: dict[str, Any], best: dict[Any, Any], tags: dict[Any, Any]) -> list[str]:
    place = (cost["machine"], cost["pages"])
    tag = tags.get(place)
    way = cost["way"] + " (assumed)" * (cost["origin"] == breakeven.ASSUMED)
    return [
        str(cost["machine"]),
        f"{cost['pages']:,}",
        way,
        *(_share(cost, rate) for rate in RATES),
        _lowest(best[place]),
        _tagging(tag) if tag and cost["way"] == "WRPKRU" else NOT_MEASURED,
    ]


def _share(cost: dict[str, Any], rate: float) -> str:
    value, low, high = (100 * rate * cost[column] for column in ("value", "low", "high"))
    least = value if pd.isna(low) else low
    if least > 100:
        return FULL
    if pd.isna(value):
        return f"{formatting.figures(low)} to {formatting.figures(high)} %"
    interval = "" if pd.isna(low) else f" [{formatting.figures(low)}, {formatting.figures(high)}]"
    return f"{formatting.figures(value)} %{interval}"


def _lowest(row: dict[str, Any]) -> str:
    if not row["next"]:
        return f"{row['way']} (the only one measured)"
    if not row["clear"]:
        return INCONCLUSIVE
    span = f"{formatting.figures(row['times_low'])} to {formatting.figures(row['times_high'])}"
    return f"{row['way']}, {span} times faster than {row['next']}"


def _tagging(row: dict[str, Any]) -> str:
    if pd.isna(row["switches_low"]) or pd.isna(row["switches_high"]):
        return f"{formatting.figures(row['switches'])} switches"
    low, high = (formatting.figures(row[end]) for end in ("switches_low", "switches_high"))
    return f"{low} to {high} switches"


def _by_size(found: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    return {(row["machine"], row["pages"]): row for row in records(found)}


def _assumed(costs: pd.DataFrame) -> str:
    sources = dict.fromkeys(costs.loc[costs["origin"] == breakeven.ASSUMED, "source"])
    return f" The reader's assumption, not measured here: {'; '.join(sources)}." if sources else ""
