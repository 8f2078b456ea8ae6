"""What one comparison compares: figures with the timing loop, or all of them without it."""

from __future__ import annotations

import pandas as pd

from ..formatting import BELOW_RESOLUTION

# A floor that does nothing but what the timing loop does around the operation. Other floors (a
# system call, an untouched range) are operations of their own: taking them off would change what
# is compared.
LOOP_FLOOR = r"[^/]+/(empty-loop|[^/]+-floor)(/.*)?"


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with value, low, high, basis and note, on one basis for all rows.

    The basis is "net" where every row's floor is the timing loop and was measured, else "gross";
    of an instruction that two unroll factors tell, it is "slope" in either company. A net figure or
    a slope that can't be told from nothing has no value but a note.
    """
    slope = rows["net"].notna() & rows["slope"]
    has_net = slope | (rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR))
    off = has_net if has_net.all() else slope
    found = _taken_off(rows, off)
    return found.assign(
        basis=slope.map({True: "slope", False: "net" if has_net.all() else "gross"})
    )


def in_cycles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return those estimates that are known in core cycles, likewise, each without its loop.

    Cycles are few where the loop matters most: each row whose floor is the timing loop is without
    it, and any other includes it.
    """
    rows = rows[rows["cycles"].notna()].assign(
        gross=rows["cycles"],
        low=rows["cycles_low"],
        high=rows["cycles_high"],
        net=rows["net_cycles"],
        net_low=rows["net_cycles_low"],
        net_high=rows["net_cycles_high"],
        unit="cycles",
    )
    slope = rows["net"].notna() & rows["slope"]
    off = slope | (rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR))
    found = _taken_off(rows, off)
    basis = off.map({True: "net", False: "gross"}).where(~slope, "slope")
    return found.assign(basis=basis, process_values=pd.Series([()] * len(found), index=found.index))


def _taken_off(rows: pd.DataFrame, off: pd.Series[bool]) -> pd.DataFrame:
    told = rows["resolved"] | ~off
    return rows.assign(
        value=rows["net"].where(off, rows["gross"]).where(told),
        low=rows["net_low"].where(off, rows["low"]).where(told),
        high=rows["net_high"].where(off, rows["high"]).where(told),
        note=told.map({True: "", False: BELOW_RESOLUTION}),
    )


def as_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return estimates with value, low, high, basis and note, floors included."""
    return rows.assign(value=rows["gross"], basis="gross", note="")


def basis_note(rows: pd.DataFrame) -> str:
    """Say what the figures of `costs` include."""
    bases = set(rows["basis"].dropna())
    slope = "from the slope between two unroll factors, in which nothing of the loop is left."
    if bases == {"slope"}:
        return f"All come {slope}"
    told = (
        "The timing loop's own cost is taken off."
        if "net" in bases
        else "Figures are as measured: the timing loop is included."
    )
    return f"{told} Instructions of about a cycle come {slope}" if "slope" in bases else told
