"""The phases of phoronix-example: allocate, tag, open, write, close, unmap, free."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import dot_table
from ..estimate.cost_basis import basis_note
from ..estimate.result_set import ResultSet
from . import dots, style
from .chart import interval_note

NAME = "phases"
TITLE = "The Phoronix example, phase by phase"
NEEDS = "no phase of application/phoronix-example was measured"
BENCHMARK = "phoronix-example"


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each phase in the order in which they happen."""
    estimates, cases = (_phases(rows) for rows in (result_set.estimates, result_set.cases))
    labels = cases["axis_phase"].astype(str) if len(cases) else pd.Series(dtype=str)
    return dot_table.table(estimates, cases, labels)


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return dots.draw(rows, width)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "The example of 2016 allocates a key with writing denied, tags a page, opens it, writes, "
        "closes, unmaps and frees. Each phase is a case of its own. "
        f"{basis_note(rows)} {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return dot_table.alt(rows)


def _phases(rows: pd.DataFrame) -> pd.DataFrame:
    return rows[(rows["benchmark"] == BENCHMARK) & rows.get("axis_phase", rows["case"]).notna()]
