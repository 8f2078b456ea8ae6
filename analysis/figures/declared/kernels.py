"""Declare the figure of what changing protection costs from kernel to kernel."""

from __future__ import annotations

import pandas as pd

from ... import formatting
from ...derive import cost_per_page, kernel_changes
from .. import captions
from ..drawing import kernel_panels
from ..figure import Figure


def _subject(rows: pd.DataFrame) -> str:
    first, *_, last = _names(rows)
    return (
        f"{first} to {last}. One call changes one resident page, alternating between two "
        f"protections. A further page is the slope from {cost_per_page.LEAST_PAGES} pages on. "
        f"{kernel_panels.FREE_SCALES}"
    )


def _changes(rows: pd.DataFrame) -> str:
    """List the known changes between the first kernel and the last, with their sources."""
    first, *_, last = map(kernel_changes.version, _names(rows))
    known = " ".join(
        f"Linux {change.name}: {change.what} ({change.source})."
        for change in kernel_changes.changes_between(first, last)
    )
    return f"Known changes in between: {known}" if known else ""


def _names(rows: pd.DataFrame) -> list[str]:
    return list(rows.sort_values("point")["machine"].drop_duplicates())


def _alt(rows: pd.DataFrame) -> str:
    parts = []
    for series, line in rows[rows["panel"] == kernel_changes.PAGE].groupby("series", sort=False):
        first, last = line["value"].iloc[0], line["value"].iloc[-1]
        parts.append(f"{series} from {formatting.figures(first)} to {formatting.figures(last)}")
    each = f" Instructions for each further page: {'; '.join(parts)}." if parts else ""
    return f"Lines of instruction counts over {rows['point'].nunique()} kernels.{each}"


KERNELS = Figure(
    name="kernels",
    title="What changing protection costs, from kernel to kernel",
    needs="no instructions were counted in three kernels or more",
    table=kernel_changes.by_kernel,
    draw=kernel_panels.draw,
    caption=captions.of(_subject, captions.interval_note, _changes),
    alt=_alt,
)
