"""Tables of a few named costs, with those that could not be measured."""

from __future__ import annotations

import pandas as pd

from .. import words
from ..costs import costs

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


def table(estimates: pd.DataFrame, cases: pd.DataFrame, labels: pd.Series[str]) -> pd.DataFrame:
    """Return the rows of a figure in the order of `cases`.

    `labels` gives the label of each row of `cases`; `estimates` holds those of them that were
    measured.
    """
    if estimates.empty:
        return pd.DataFrame(columns=COLUMNS)
    asked = cases.assign(label=labels)[["machine", "evidence", "case", "label", "state", "reason"]]
    found = asked.merge(
        costs(estimates).drop(columns=["evidence"]), on=["machine", "case"], how="left"
    )
    unmeasured = found["state"] + ": " + found["reason"]
    found["note"] = found["note"].where(found["note"].notna(), unmeasured)
    unit = str(estimates["unit"].iloc[0])
    found["unit"] = unit
    found["what"] = found["value"].notna().map({True: "estimate", False: "missing"})
    return pd.concat([found[COLUMNS], _process_rows(found)], ignore_index=True)


def alt(found: pd.DataFrame) -> str:
    """Say in words what a figure of named costs shows."""
    rows = found[found["what"] == "estimate"]
    parts = [
        f"{label} {words.cost(value, unit)} ({machine})"
        for label, value, unit, machine in zip(
            rows["label"], rows["value"], rows["unit"], rows["machine"], strict=True
        )
    ]
    return f"Costs per operation: {'; '.join(parts)}."


def _process_rows(found: pd.DataFrame) -> pd.DataFrame:
    """Return a row per process, on the estimates' basis, for the points under the marks."""
    measured = found[(found["what"] == "estimate") & (found["unit"] == "s")]
    each = measured.explode("process_values", ignore_index=True)
    taken_off = each["floor_value"].where(each["basis"] != "gross", 0.0)
    each["value"] = each["process_values"].astype(float) - taken_off.astype(float)
    each["what"] = "process"
    each[["low", "high"]] = float("nan")
    return each.loc[each["value"] > 0, COLUMNS]
