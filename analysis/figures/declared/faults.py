"""Declare the figures of denied accesses, and of using them to track writes."""

from __future__ import annotations

from functools import partial

from ...derive import dot_table, line_table
from ...estimate.cost_basis import as_measured
from ..figure import listing, sweep

FAULTS = listing(
    name="faults",
    title="A denied store and its handler",
    table=partial(dot_table.of_cases, cases=r"fault/[^/]+", basis=as_measured),
    operation="One operation is a store that is denied, the kernel's fault, and a handler. The "
    "handler gives the right (repair), steps over the store (skip) or leaves by longjmp. "
    "Not-present is a store to a page that is not present.",
)

TRACKING = sweep(
    name="tracking",
    title="Finding out which pages were written",
    table=partial(line_table.of_benchmarks, benchmarks=r"fault/track-.*", axis="pages"),
    along="pages, each written to",
    operation="One operation denies writing to a region, writes to each of its pages and finds out "
    "which pages were written.",
)
