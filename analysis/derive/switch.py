"""Build the tables of opening and closing a region: by way, by size, and by rate in a program."""

from __future__ import annotations

import pandas as pd

from .. import formatting
from ..estimate.cost_basis import costs
from ..estimate.result_set import ResultSet
from . import dot_table, line_table
from .line_table import only_along
from .row_kinds import ESTIMATE, MISSING

TITLE = "The ways to open and close a region"
WORK = "rate-work"
SWITCHING = {"rate-wrpkru": "WRPKRU", "rate-mprotect": "mprotect"}


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the costs of all ways at the smallest number of pages that was measured."""
    pages = smallest_size(result_set)
    estimates, cases = (at(rows, pages) for rows in (result_set.estimates, result_set.cases))
    return dot_table.table(estimates, cases, cases["benchmark"].map(formatting.way))


def by_size(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each way at each size of the region, in pages."""
    return line_table.of_benchmarks(
        result_set,
        r"switch/.*",
        "pages",
        only_axis=True,
        basis=costs,
        name=lambda rows, _: rows["benchmark"].map(formatting.way),
    )


def smallest_size(result_set: ResultSet) -> int | None:
    """Return the smallest region size, in pages, at which a switch was measured."""
    rows = _ways(result_set.estimates)
    return None if rows.empty else int(rows["axis_pages"].astype(int).min())


def at(rows: pd.DataFrame, pages: int | None) -> pd.DataFrame:
    """Return the rows of the ways to switch, at one size where `pages` gives one."""
    ways = _ways(rows)
    return ways if pages is None else ways[ways["axis_pages"] == pages]


def overhead_by_rate(result_set: ResultSet) -> pd.DataFrame:
    """Return by how many per cent switching slows a program down, at each rate of switches.

    `point` is the rate of the program that switches: switches a second, or for exact counts
    switches per billion instructions. A slow-down whose interval reaches zero is below resolution.
    """
    cases = result_set.cases[result_set.cases["family"] == "switch"]
    if "axis_work" not in cases:
        return pd.DataFrame(columns=line_table.COLUMNS)
    found = _beside_work(result_set, cases[cases["benchmark"].isin(SWITCHING)])
    both = found["gross"].notna() & found["plain"].notna()
    if not both.any():
        return pd.DataFrame(columns=line_table.COLUMNS)
    found["value"] = 100 * (found["gross"] / found["plain"] - 1)
    pairs = found.loc[both, ["machine", "case", "plain_case"]].itertuples(index=False)
    bounds = result_set.ratio_bounds(((on, case), (on, plain)) for on, case, plain in pairs)
    found.loc[both, ["low", "high"]] = 100 * (bounds - 1)
    resolved = both & (found["low"] > 0)
    per = 1e9 if result_set.exact else 1.0
    found["point"] = (per / found["gross"]).round().astype("Int64")
    found["note"] = (found["state"] + ": " + found["reason"]).where(
        ~both, formatting.BELOW_RESOLUTION
    )
    found["note"] = found["note"].where(~resolved, "")
    found["value"] = found["value"].where(resolved)
    found["what"] = resolved.map({True: ESTIMATE, False: MISSING})
    return found.assign(unit="%", basis="gross")[line_table.COLUMNS].reset_index(drop=True)


def _beside_work(result_set: ResultSet, cases: pd.DataFrame) -> pd.DataFrame:
    """Return cases of programs that switch, each with the same work without switches: `plain`."""
    own = result_set.estimates[result_set.estimates["benchmark"].isin([WORK, *SWITCHING])]
    own = own[["machine", "case", "benchmark", "axis_work", "gross", "processes"]]
    work = own[own["benchmark"] == WORK].rename(columns={"gross": "plain", "case": "plain_case"})
    work = work[["machine", "axis_work", "plain", "plain_case"]]
    listed = cases.assign(series=cases["benchmark"].map(SWITCHING), panel="")
    listed = listed[
        ["machine", "evidence", "case", "series", "panel", "axis_work", "state", "reason"]
    ]
    found = listed.merge(
        own.drop(columns=["benchmark", "axis_work"]), on=["machine", "case"], how="left"
    )
    return found.merge(work, on=["machine", "axis_work"], how="left")


def _ways(rows: pd.DataFrame) -> pd.DataFrame:
    return only_along(rows[rows["family"] == "switch"], "pages")
