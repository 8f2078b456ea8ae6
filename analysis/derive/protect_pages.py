"""Build the tables of changing protection by number of pages."""

from __future__ import annotations

import pandas as pd

from ..estimate.result_set import ResultSet
from . import line_table

TOUCH = "first touch after"
PANELS = (
    ("mprotect", "mprotect"),
    ("pkey", "pkey_mprotect"),
    ("guard|mmap", "markers, new mapping"),
    ("touch", TOUCH),
    ("", "others"),
)


def by_pages(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each change of protection, as measured, at each number of pages."""
    return line_table.of_benchmarks(
        result_set, r"protect/.*", "pages", only_axis=True, panels=PANELS
    )


def divided_by_pages(result_set: ResultSet) -> pd.DataFrame:
    """Return the costs of `by_pages`, each divided by its number of pages."""
    found = by_pages(result_set).copy()
    for column in ("value", "low", "high"):
        found[column] = found[column] / found["point"].astype(float)
    found["unit"] = found["unit"] + "/page"
    return found
