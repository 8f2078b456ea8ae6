"""Declare the figures of changing protection by kind of page: size, backing, residency."""

from __future__ import annotations

from functools import partial

import pandas as pd

from ...derive import dot_table, line_table
from ...estimate.cost_basis import as_measured
from ..figure import listing, sweep


def _change(rows: pd.DataFrame) -> pd.Series[str]:
    return rows["benchmark"].astype(str).str.replace(r"-(kind|backing)", "", regex=True)


KINDS = listing(
    name="kinds",
    title="Changing protection, by kind of page",
    table=partial(
        dot_table.of_cases,
        cases=r"protect/(pkey-)?mprotect-kind-[^/]+/kind:[^/]+/mib:32",
        basis=as_measured,
        label=lambda rows: rows["axis_kind"].astype(str) + ": " + _change(rows),
    ),
    operation="One operation is one call on a region of 32 MiB made of such pages.",
)

BACKING = listing(
    name="backing",
    title="Changing protection, by backing of the pages",
    table=partial(
        dot_table.of_cases,
        cases=r"protect/(pkey-)?mprotect-backing/backing:[^/]+/pages:512",
        basis=as_measured,
        label=lambda rows: rows["axis_backing"].astype(str) + ": " + _change(rows),
    ),
    operation="One operation is one call on 512 resident pages.",
)

SHARED = sweep(
    name="shared",
    title="Changing the protection of shared memory, and the first touch after",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"protect/(mprotect-shared|shared-touch)-.*",
        axis="pages",
        panels=(("mprotect", "mprotect"), ("shared-touch", "touches after it")),
        name=lambda rows, along: (
            rows["benchmark"]
            .astype(str)
            .str.replace(r"mprotect-shared-|shared-touch-", "", regex=True)
            .str.replace("after-mprotect-", "first touch, ")
            .str.replace(r"steady(-load)?", r"second touch\1", regex=True)
            + line_table.other_points(rows, along)
        ),
    ),
    along="pages",
    operation="One operation is one call, or one access to each page after it. The second touch "
    "has all of the first one's cost except the change's.",
)

RESIDENCY = listing(
    name="residency",
    title="Changing protection where few pages are resident, or on part of a huge page",
    table=partial(
        dot_table.of_cases,
        cases=r"protect/mprotect-(density|sparse|thp-part)/.*",
        basis=as_measured,
        label=lambda rows: (
            rows["benchmark"].astype(str).str.removeprefix("mprotect-")
            + line_table.other_points(rows, "").str.replace(
                r", percent (\d+)", r", \1 %", regex=True
            )
        ),
    ),
    operation="One operation is one mprotect from readable and writable to read-only. Density: the "
    "given percentage of the region's 4,096 pages is resident, evenly spread. Sparse: the region "
    "has 16 resident pages at the given distance. Thp-part: one 4 KiB page of a transparent huge "
    "page, which the first change splits.",
)
