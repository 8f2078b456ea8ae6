"""What one page more costs: the slope of the cost against the number of pages."""

from __future__ import annotations

import pandas as pd

from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from .line_table import nothing_else

# From here on what a call does once is small against what it does per page, and flushing no longer
# depends on the number of pages.
LEAST_PAGES = 512

COLUMNS = ["machine", "benchmark", "case", "call", "page", "from", "to", "unit"]


def per_page(result_set: ResultSet) -> pd.DataFrame:
    """Return a row per machine and benchmark of the family protect that has many pages.

    call  the cost for the fewest pages, as measured; mostly one
    page  by how much it grows a page, between `from` and `to` pages: the ends of what was measured
          from LEAST_PAGES pages on
    """
    found = result_set.estimates[result_set.estimates["family"] == "protect"]
    found = nothing_else(found, "pages")
    if found.empty or not pd.api.types.is_numeric_dtype(found["axis_pages"]):
        return pd.DataFrame(columns=COLUMNS)
    found = found[["machine", "benchmark", "case", "gross", "unit", "axis_pages"]]
    rows = []
    for (machine, benchmark), cases in found.groupby(["machine", "benchmark"], sort=False):
        by_size = cases.sort_values("axis_pages")
        many = records(by_size[by_size["axis_pages"] >= LEAST_PAGES])
        if len(many) > 1:
            few, first, last = records(by_size)[0], many[0], many[-1]
            pages = int(last["axis_pages"] - first["axis_pages"])
            rows.append(
                {
                    "machine": machine,
                    "benchmark": benchmark,
                    "case": few["case"],
                    "call": few["gross"],
                    "page": (last["gross"] - first["gross"]) / pages,
                    "from": int(first["axis_pages"]),
                    "to": int(last["axis_pages"]),
                    "unit": few["unit"],
                }
            )
    return pd.DataFrame(rows, columns=COLUMNS)
