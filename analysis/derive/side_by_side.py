"""Every case of a result set with each machine's cost, and its ratio to the first machine's."""

from __future__ import annotations

import pandas as pd

from ..estimate.result_set import ResultSet


def side_by_side(result_set: ResultSet) -> pd.DataFrame:
    """Return a row per measured case.

    Columns: case; "NAME gross", what the case costs on each machine as measured, in seconds or
    instructions; "NAME ratio" for each machine but the first, its cost divided by the first's;
    "NAME low" and "NAME high", the bounds of that ratio's 95 % interval. Missing where the case was
    not measured on a machine; the bounds of exact counts are always missing.
    """
    table = result_set.estimates
    order = pd.Index(table["case"].unique(), name="case")
    costs = {
        name: table[table["machine"] == name].set_index("case")["gross"].reindex(order)
        for name in result_set.names
    }
    wide = {f"{name} gross": cost for name, cost in costs.items()}
    for name in result_set.names[1:]:
        base = result_set.names[0]
        bounds = _bounds(result_set, name, base).reindex(order)
        wide[f"{name} ratio"] = costs[name] / costs[base]
        wide |= {f"{name} {end}": bounds[end] for end in bounds}
    return pd.DataFrame(wide, index=order).reset_index()


def _bounds(result_set: ResultSet, over: str, under: str) -> pd.DataFrame:
    """Return the bounds of the ratio of two machines: a row per case that both have measured."""
    kind, found = result_set.evidence, result_set.samples
    cases = (
        []
        if result_set.exact
        else [
            case for machine, _, case in found if machine == over and (under, kind, case) in found
        ]
    )
    bounds = result_set.ratio_bounds(((over, case), (under, case)) for case in cases)
    return pd.DataFrame(bounds, index=cases, columns=["low", "high"])
