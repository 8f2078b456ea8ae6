"""The cases that were asked for, measured or not."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from ..reading.result import Result
from .frame import axis_columns, points_column

CASE_FACTS = (
    "machine",
    "evidence",
    "case",
    "family",
    "benchmark",
    "group",
    "floor",
    "slope",
    "state",
    "reason",
    "operation",
)


def cases(machines: Sequence[tuple[str, Result]]) -> pd.DataFrame:
    """Return a row per case that was asked for, by machine and in the order of its result.

    `machines` holds pairs of a machine's name and its result.

    ========= =====================================================================
    machine   the machine's name; evidence, case, family, benchmark, group, floor, slope and
              axis_NAME likewise are as in `tidy`
    state     measured, skipped or failed
    reason    why it was skipped or failed; "" where it was measured
    operation what one operation does, in words; "" where the file does not say
    ========= =====================================================================
    """
    rows = [
        {
            "machine": machine,
            "evidence": result.evidence,
            "case": case.name,
            "family": case.family,
            "benchmark": case.benchmark,
            "group": case.group,
            "floor": case.floor,
            "slope": case.slope,
            "state": case.state,
            "reason": case.reason,
            "operation": case.operation,
            **{f"axis_{name}": point for name, point in case.axes.items()},
        }
        for machine, result in machines
        for case in result.cases
    ]
    axes = axis_columns([result for _, result in machines])
    table = pd.DataFrame(rows, columns=[*CASE_FACTS, *axes])
    table["slope"] = table["slope"].astype("bool")
    for column in axes:
        table[column] = points_column([row.get(column) for row in rows])
    return table
