"""Build tables of a few named costs, with the cases that could not be measured."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..estimate.cost_basis import costs
from ..estimate.result_set import ResultSet
from . import line_table
from .line_table import Basis
from .row_kinds import ESTIMATE, MISSING, PROCESS

COLUMNS = [
    "machine",
    "evidence",
    "label",
    "what",
    "value",
    "low",
    "high",
    "unit",
    "processes",
    "basis",
    "case",
    "note",
]


def of_cases(
    result_set: ResultSet,
    cases: str,
    *,
    basis: Basis = costs,
    label: Callable[[pd.DataFrame], pd.Series[str]] | None = None,
) -> pd.DataFrame:
    """Return the cost of each case whose whole name matches the regular expression `cases`.

    `label` returns the labels of rows of cases; by default, a label is the benchmark and its
    points. A case that serves only as the shorter half of a slope is left out: it executes the same
    instruction as the case itself.
    """
    halves = set(result_set.cases.loc[result_set.cases["slope"], "floor"])
    measured, listed = (
        rows[rows["case"].str.fullmatch(cases) & ~rows["case"].isin(halves)]
        for rows in (result_set.estimates, result_set.cases)
    )
    if measured.empty:
        return pd.DataFrame(columns=COLUMNS)
    labels = label(listed) if label else line_table.series(listed, "")
    return table(measured, listed, labels, basis)


def table(
    measured: pd.DataFrame, cases: pd.DataFrame, labels: pd.Series[str], basis: Basis = costs
) -> pd.DataFrame:
    """Return a row for each of `cases`, in their order, with COLUMNS.

    `labels` holds the label of each row of `cases`; `measured` holds the estimates of the measured
    cases among them. Rows of kind PROCESS follow: one for each process of a measured case.
    """
    if measured.empty:
        return pd.DataFrame(columns=COLUMNS)
    listed = cases.assign(label=labels)[["machine", "evidence", "case", "label", "state", "reason"]]
    known = basis(measured)
    if known.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = listed.merge(known.drop(columns=["evidence"]), on=["machine", "case"], how="left")
    unmeasured = found["state"] + ": " + found["reason"]
    found["note"] = found["note"].where(found["note"].notna(), unmeasured)
    found["unit"] = str(known["unit"].iloc[0])
    found["what"] = found["value"].notna().map({True: ESTIMATE, False: MISSING})
    return pd.concat([found[COLUMNS], _process_rows(found)], ignore_index=True)


def _process_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row for each process, on the basis of the estimate that it belongs to."""
    measured = found[(found["what"] == ESTIMATE) & (found["unit"] == "s")]
    each = measured.explode("process_values", ignore_index=True)
    overhead = each["floor_value"].where(each["basis"] != "gross", 0.0)
    each["value"] = each["process_values"].astype(float) - overhead.astype(float)
    each["what"] = PROCESS
    each[["low", "high"]] = float("nan")
    return each.loc[each["value"] > 0, COLUMNS]
