"""Build the table of what each further page costs: the slope of the cost against the pages."""

from __future__ import annotations

import pandas as pd

from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from .line_table import only_along

# From here on, the fixed part of a call is small compared with the part per page, and the cost of
# flushing no longer depends on the number of pages.
LEAST_PAGES = 512

COLUMNS = ["machine", "benchmark", "case", "call", "page", "from", "to", "unit"]


def per_page(result_set: ResultSet) -> pd.DataFrame:
    """Return a row for each machine and benchmark of the family protect with many pages: COLUMNS.

    call  the cost of one call on the fewest pages measured, usually one; as measured, in `unit`
    page  the increase of the cost for each page between `from` and `to` pages, in `unit`; these are
          the smallest and largest numbers of pages measured from LEAST_PAGES on
    """
    found = result_set.estimates[result_set.estimates["family"] == "protect"]
    found = only_along(found, "pages")
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
