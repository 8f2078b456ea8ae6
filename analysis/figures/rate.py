"""What switching adds to a program, by how often it switches."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import formatting
from ..derive import line_table
from ..derive.row_kinds import ESTIMATE, MISSING, is_exact
from ..estimate.result_set import ResultSet
from . import lines, style
from .chart import interval_note

NAME = "rate"
TITLE = "What switching adds to a program, by its rate"
NEEDS = "no case of switch/rate-wrpkru or rate-mprotect was measured beside switch/rate-work"
WORK = "rate-work"
SERIES = {"rate-wrpkru": "WRPKRU", "rate-mprotect": "mprotect"}


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return by how many per cent a program that switches takes longer, at each rate.

    The rate is that at which the program with the switches does them: one by what a turn costs.
    """
    cases = result_set.cases[result_set.cases["family"] == "switch"]
    if "axis_work" not in cases:
        return pd.DataFrame(columns=line_table.COLUMNS)
    cases = cases[cases["benchmark"].isin(SERIES)].assign(
        series=lambda rows: rows["benchmark"].map(SERIES), panel=""
    )
    own = result_set.estimates[result_set.estimates["benchmark"].isin([WORK, *SERIES])]
    own = own[["machine", "case", "benchmark", "axis_work", "gross", "processes"]]
    work = own[own["benchmark"] == WORK].rename(columns={"gross": "plain", "case": "plain_case"})
    found = cases[
        ["machine", "evidence", "case", "series", "panel", "axis_work", "state", "reason"]
    ]
    found = found.merge(
        own.drop(columns=["benchmark", "axis_work"]), on=["machine", "case"], how="left"
    )
    found = found.merge(
        work[["machine", "axis_work", "plain", "plain_case"]],
        on=["machine", "axis_work"],
        how="left",
    )
    both = found["gross"].notna() & found["plain"].notna()
    if not both.any():
        return pd.DataFrame(columns=line_table.COLUMNS)
    found["value"] = 100 * (found["gross"] / found["plain"] - 1)
    pairs = found.loc[both, ["machine", "case", "plain_case"]].itertuples(index=False)
    bounds = result_set.ratio_bounds(((on, case), (on, plain)) for on, case, plain in pairs)
    found.loc[both, ["low", "high"]] = 100 * (bounds - 1)
    told = both & (found["low"] > 0)
    per = 1e9 if result_set.exact else 1.0
    found["point"] = (per / found["gross"]).round().astype("Int64")
    found["note"] = (found["state"] + ": " + found["reason"]).where(
        ~both, formatting.BELOW_RESOLUTION
    )
    found["note"] = found["note"].where(~told, "")
    found["value"] = found["value"].where(told)
    found["what"] = told.map({True: ESTIMATE, False: MISSING})
    return found.assign(unit="%", basis="gross")[line_table.COLUMNS].reset_index(drop=True)


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    what = "instructions" if is_exact(rows) else "time"
    label = f"{what} added to the program (%), log scale\nlower is better"
    return lines.draw(rows, _per(rows), width, log=True, decades=True, label=label)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    return (
        "A program works for a while, opens a page, stores the result and closes it, over and "
        "over; the same without opening and closing is what it is compared with. A switch is an "
        f"opening and a closing. {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return line_table.alt(rows, _per(rows), "the time added to a program")


def _per(rows: pd.DataFrame) -> str:
    return "switches per billion instructions" if is_exact(rows) else "switches per second"
