"""Tables of a few named costs, with those that could not be measured."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from .. import formatting
from ..estimate.cost_basis import costs
from .row_kinds import ESTIMATE, MISSING, PROCESS, estimates

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


def table(
    measured: pd.DataFrame,
    cases: pd.DataFrame,
    labels: pd.Series[str],
    basis: Callable[[pd.DataFrame], pd.DataFrame] = costs,
) -> pd.DataFrame:
    """Return the rows of a figure in the order of `cases`.

    `labels` gives the label of each row of `cases`; `measured` holds the estimates of those of them
    that were measured.
    """
    if measured.empty:
        return pd.DataFrame(columns=COLUMNS)
    asked = cases.assign(label=labels)[["machine", "evidence", "case", "label", "state", "reason"]]
    told = basis(measured)
    if told.empty:
        return pd.DataFrame(columns=COLUMNS)
    found = asked.merge(told.drop(columns=["evidence"]), on=["machine", "case"], how="left")
    unmeasured = found["state"] + ": " + found["reason"]
    found["note"] = found["note"].where(found["note"].notna(), unmeasured)
    unit = str(told["unit"].iloc[0])
    found["unit"] = unit
    found["what"] = found["value"].notna().map({True: ESTIMATE, False: MISSING})
    return pd.concat([found[COLUMNS], _process_rows(found)], ignore_index=True)


def alt(found: pd.DataFrame) -> str:
    """Say in words what a figure of named costs shows."""
    rows = estimates(found)
    parts = [
        f"{label} {formatting.cost(value, unit)} ({machine})"
        for label, value, unit, machine in zip(
            rows["label"], rows["value"], rows["unit"], rows["machine"], strict=True
        )
    ]
    return f"Costs per operation: {'; '.join(parts)}."


def _process_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row per process, on the estimates' basis, for the points under the marks."""
    measured = found[(found["what"] == ESTIMATE) & (found["unit"] == "s")]
    each = measured.explode("process_values", ignore_index=True)
    taken_off = each["floor_value"].where(each["basis"] != "gross", 0.0)
    each["value"] = each["process_values"].astype(float) - taken_off.astype(float)
    each["what"] = PROCESS
    each[["low", "high"]] = float("nan")
    return each.loc[each["value"] > 0, COLUMNS]
