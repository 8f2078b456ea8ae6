"""What pages protection is changed on: their size, what is behind them, how many there are."""

from __future__ import annotations

import pandas as pd

from ..derive import line_table
from ..estimate.cost_basis import as_measured
from .listing import Listing

KINDS = Listing(
    NAME="kinds",
    TITLE="Changing protection, by kind of page",
    cases=r"protect/(pkey-)?mprotect-kind-[^/]+/kind:[^/]+/mib:32",
    operation="One operation is one call on a region of 32 MiB made of such pages.",
    basis=as_measured,
    label=lambda rows: rows["axis_kind"].astype(str) + ": " + _change(rows),
)

BACKING = Listing(
    NAME="backing",
    TITLE="Changing protection, by what is behind the pages",
    cases=r"protect/(pkey-)?mprotect-backing/backing:[^/]+/pages:512",
    operation="One operation is one call on 512 resident pages.",
    basis=as_measured,
    label=lambda rows: rows["axis_backing"].astype(str) + ": " + _change(rows),
)

RESIDENCY = Listing(
    NAME="residency",
    TITLE="Changing protection where few pages are resident, or part of a huge one",
    cases=r"protect/mprotect-(density|sparse|thp-part)/.*",
    operation="One operation is one mprotect from readable and writable to read-only. Density: so "
    "many per cent of the region's 4,096 pages are resident, evenly spread. Sparse: its 16 "
    "resident pages are so far apart. Thp-part: a 4 KiB page of a transparent huge page, which the "
    "first change splits.",
    basis=as_measured,
    label=lambda rows: (
        rows["benchmark"].astype(str).str.removeprefix("mprotect-")
        + line_table.elsewhere(rows, "").str.replace(r", percent (\d+)", r", \1 %", regex=True)
    ),
)


def _change(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["benchmark"].astype(str).str.replace(r"-(kind|backing)", "", regex=True)
