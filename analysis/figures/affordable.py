"""How often a region may be switched for one per cent of a CPU, by its size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from ..derive import breakeven, line_table
from ..derive.row_kinds import ASSUMED, ESTIMATE
from ..estimate.result_set import ResultSet
from . import breakeven as shares
from . import lines, style
from .chart import interval_note

NAME = "affordable"
TITLE = "How often a region may be switched for 1 % of a CPU"
NEEDS = shares.NEEDS
SHARE = 0.01
LABEL = "switches per second that take 1 % of a CPU, log scale\nhigher is better"


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the rate of switches that takes a hundredth of a CPU, at each size."""
    found = breakeven.affordable(breakeven.with_assumptions(result_set), SHARE)
    if found.empty:
        return pd.DataFrame(columns=line_table.COLUMNS)
    rows = pd.DataFrame(
        {
            "machine": found["machine"],
            "evidence": result_set.evidence,
            "panel": "",
            "series": found["way"],
            "point": found["pages"],
            "what": found["origin"].map({breakeven.MEASURED: ESTIMATE, breakeven.ASSUMED: ASSUMED}),
            "value": found["rate"],
            "low": found["rate_low"],
            "high": found["rate_high"],
            "unit": "1/s",
            "processes": found["processes"],
            "basis": "net",
            "case": found["case"],
            "note": found["source"],
        },
        columns=line_table.COLUMNS,
    )
    sizes = {str(pages): int(pages) for pages in sorted(set(rows["point"]))}
    missing = shares.unmeasured(result_set, found, sizes)
    missing["point"] = missing["panel"].map(sizes)
    whole = pd.concat([rows, missing.assign(panel="", unit="1/s")], ignore_index=True)
    return shares.in_order(whole)


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return lines.draw(rows, "pages in the region", width, log=True, label=LABEL)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "A region that is opened for writing, stored to and closed so many times a second takes "
        "1 % of a CPU: below a line less, above it more. The rate is 0.01 divided by the measured "
        f"cost of one switch. {interval_note(rows)} {shares.assumed_note(rows)}"
    ).strip()


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, "pages in the region", "the affordable rate of switches")
