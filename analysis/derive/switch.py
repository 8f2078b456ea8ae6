"""The ways to open and close a region, and the sizes of region they were measured at."""

from __future__ import annotations

import pandas as pd

from .. import formatting
from ..estimate.result_set import ResultSet
from . import dot_table
from .line_table import nothing_else

TITLE = "The ways to open and close a region"


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the costs of all ways at the smallest number of pages that was measured."""
    pages = smallest_size(result_set)
    estimates, cases = (at(rows, pages) for rows in (result_set.estimates, result_set.cases))
    return dot_table.table(estimates, cases, cases["benchmark"].map(formatting.way))


def smallest_size(result_set: ResultSet) -> int | None:
    """Return the smallest region size, in pages, at which a switch was measured."""
    rows = _ways(result_set.estimates)
    return None if rows.empty else int(rows["axis_pages"].astype(int).min())


def at(rows: pd.DataFrame, pages: int | None) -> pd.DataFrame:
    """Return the rows of the ways to switch, at one size where one is named."""
    ways = _ways(rows)
    return ways if pages is None else ways[ways["axis_pages"] == pages]


def _ways(rows: pd.DataFrame) -> pd.DataFrame:
    return nothing_else(rows[rows["family"] == "switch"], "pages")
