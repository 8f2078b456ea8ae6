"""What one comparison compares: figures with the timing loop, or all of them without it."""

from __future__ import annotations

import pandas as pd

from .words import BELOW_RESOLUTION

# A floor that does nothing but what the timing loop does around the operation. Other floors (a
# system call, an untouched range) are operations of their own: taking them off would change what
# is compared.
LOOP_FLOOR = r"[^/]+/(empty-loop|[^/]+-floor)(/.*)?"


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with value, low, high, basis and note, on one basis for all rows.

    The basis is "net" where every row's floor is the timing loop and was measured, else "gross". A
    net figure that can't be told from nothing has no value but a note.
    """
    has_net = rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR)
    if rows.empty or not has_net.all():
        return as_measured(rows)
    resolved = (rows["net"] > 0) & ~(rows["net_low"] <= 0)
    return rows.assign(
        value=rows["net"].where(resolved),
        low=rows["net_low"].where(resolved),
        high=rows["net_high"].where(resolved),
        basis="net",
        note=resolved.map({True: "", False: BELOW_RESOLUTION}),
    )


def as_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with value, low, high, basis and note, floors included."""
    return rows.assign(value=rows["gross"], basis="gross", note="")


def basis_note(rows: pd.DataFrame) -> str:
    """Say what the figures of `costs` include."""
    if "net" in set(rows["basis"]):
        return "The timing loop's own cost is taken off."
    return "Figures are as measured: the timing loop is included."
