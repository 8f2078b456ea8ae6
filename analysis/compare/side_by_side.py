"""Every case of a result set with each machine's cost, and its ratio to the first machine's."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from .. import formatting
from ..estimate.frame import records
from ..tables.table import NOT_MEASURED, Table
from . import text
from .machines import Machines, Ratio

NOTE = (
    "Ratios and verdicts are those of `pkbench compare`: of core cycles where both results have "
    "them and are of one machine, else of the figures as measured; the 95 % interval is in "
    "brackets. A cost is the median over processes."
)


def side_by_side(machines: Machines) -> pd.DataFrame:
    """Return a row per measured case.

    Columns: case; "NAME gross", what the case costs on each machine as measured, in seconds or
    instructions. For each machine but the first "NAME ratio", its cost divided by the first's, as
    `compare` gives it; "NAME ratio_of", what it is the ratio of (cycles, s or instructions); "NAME
    low" and "NAME high", the bounds of that ratio's 95 % interval; "NAME verdict".
    Missing where the case was not measured on a machine.
    """
    result_set = machines.result_set
    table = result_set.estimates
    chosen = result_set.chosen
    cases = [case for case in table["case"].unique() if chosen is None or case in chosen]
    order = pd.Index(cases, name="case")
    costs = {
        name: table[table["machine"] == name].set_index("case")["gross"].reindex(order)
        for name in result_set.names
    }
    wide = {f"{name} gross": cost for name, cost in costs.items()}
    for name in result_set.names[1:]:
        found = machines.ratios(result_set.names[0], name)
        for column, value in _COLUMNS.items():
            values = [value(found[case]) if case in found else None for case in order]
            kind = object if column in ("ratio_of", "verdict") else float
            wide[f"{name} {column}"] = pd.Series(values, index=order, dtype=kind)
    return pd.DataFrame(wide, index=order).reset_index()


_COLUMNS: Mapping[str, Callable[[Ratio], float | str | None]] = {
    "ratio": lambda ratio: ratio.interval.value,
    "ratio_of": lambda ratio: ratio.unit,
    "low": lambda ratio: ratio.interval.low,
    "high": lambda ratio: ratio.interval.high,
    "verdict": lambda ratio: ratio.verdict,
}


def table(machines: Machines) -> Table:
    """Return the cases side by side; without rows for a single machine."""
    result_set, data = machines.result_set, side_by_side(machines)
    names = result_set.names
    unit = "instructions" if result_set.exact else "time"
    headings, rows = ["case"], []
    if len(names) > 1:
        headings += [f"{name} ({unit})" for name in names]
        headings += [f"{name} ÷ {names[0]}" for name in names[1:]]
        found = [machines.ratios(names[0], name) for name in names[1:]]
        rows = [
            [
                row["case"],
                *(
                    formatting.cost(row[f"{name} gross"], result_set.unit) or NOT_MEASURED
                    for name in names
                ),
                *(_text(each.get(row["case"]), result_set.exact) for each in found),
            ]
            for row in records(data)
        ]
    cautions = dict.fromkeys(
        f"{names[0]} and {name}: {caution}."
        for name in names[1:]
        if (comparison := machines.between(names[0], name))
        and (caution := text.caution(comparison))
    )
    note = "Figures as counted, including the timing loop." if result_set.exact else NOTE
    return Table(
        "side-by-side",
        "Side by side",
        headings,
        rows,
        data,
        " ".join([note, *cautions]),
        unit=result_set.unit,
    )


def _text(ratio: Ratio | None, exact: bool) -> str:
    if ratio is None:
        return NOT_MEASURED
    found = formatting.times(ratio.interval)
    return found if exact else f"{found} {ratio.verdict}"
