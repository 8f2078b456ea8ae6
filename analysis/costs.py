"""What one comparison compares: figures without the timing loop where all of them can be told so."""

from __future__ import annotations

import pandas as pd

LOOP_FAMILY = "instruction"  # a floor of this family is the timing loop itself, nothing else


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with value, low, high and basis, on one basis for all rows.

    The basis is "net" where every row's floor is the timing loop and every net figure can be told
    from nothing; else "gross". Other floors (a system call, an untouched range) are operations of
    their own: taking them off would change what is compared.
    """
    basis = "net" if len(rows) and _loop_can_go(rows) else "gross"
    low, high = ("net_low", "net_high") if basis == "net" else ("low", "high")
    return rows.assign(value=rows[basis], low=rows[low], high=rows[high], basis=basis)


def basis_note(rows: pd.DataFrame) -> str:
    """Say what the figures of `costs` include."""
    if "net" in set(rows["basis"]):
        return "The timing loop's own cost is taken off."
    return "Figures are as measured: the timing loop is included."


def _loop_can_go(rows: pd.DataFrame) -> bool:
    floors_are_loops = rows["floor"].str.startswith(f"{LOOP_FAMILY}/").all()
    resolved = (rows["net"] > 0) & ~(rows["net_low"] <= 0)
    return bool(floors_are_loops and resolved.all())
