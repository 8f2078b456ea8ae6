"""The break-even as a table: by size and rate, which way costs least and what share it takes."""

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
    "The share of a CPU is the rate of switches times the cost of one, its 95 % interval in "
    "brackets; a switch opens a region for writing, stores to it and closes it again. Cheapest: "
    "the way whose whole interval lies below all others'; where none does, that can't be told. "
    "Tagging pays after so many switches: one pkey_mprotect, by what a switch by WRPKRU saves over "
    "one by mprotect."
)
NOT_TOLD = "can't be told"


def table(result_set: ResultSet) -> Table:
    """Return a row per machine, size and way; no row where no switch was measured as time."""
    costs = with_assumptions(result_set)
    best = _by_size(breakeven.cheapest(costs))
    tags = _by_size(breakeven.tagging(costs, result_set.estimates))
    rows = [_row(row, best, tags) for row in records(costs)]
    return Table(
        name="breakeven",
        title="Which way costs least, and what share of a CPU it takes",
        headings=[
            *("machine", "pages", "way"),
            *(f"{rate:,.0f} switches/s" for rate in RATES),
            *("cheapest", "tagging pays after"),
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
        _cheapest(best[place]),
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


def _cheapest(row: dict[str, Any]) -> str:
    if not row["next"]:
        return f"{row['way']} (alone)"
    if not row["clear"]:
        return NOT_TOLD
    span = f"{formatting.figures(row['times_low'])} to {formatting.figures(row['times_high'])}"
    return f"{row['way']}, {span} times below {row['next']}"


def _tagging(row: dict[str, Any]) -> str:
    return f"{formatting.figures(row['switches_low'])} to {formatting.figures(row['switches_high'])} switches"


def _by_size(found: pd.DataFrame) -> dict[Any, dict[str, Any]]:
    return {(row["machine"], row["pages"]): row for row in records(found)}


def _assumed(costs: pd.DataFrame) -> str:
    sources = dict.fromkeys(costs.loc[costs["origin"] == breakeven.ASSUMED, "source"])
    return f" The reader's assumption, not measured here: {'; '.join(sources)}." if sources else ""
