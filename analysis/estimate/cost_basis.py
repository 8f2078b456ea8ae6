"""On which basis costs are compared: net of the timing loop, or as measured."""

from __future__ import annotations

import pandas as pd

from ..formatting import BELOW_RESOLUTION

# A floor that consists of the timing loop alone. Other floors (a system call, an untouched range)
# are operations themselves: subtracting them would change what is compared.
LOOP_FLOOR = r"[^/]+/(empty-loop|[^/]+-floor)(/.*)?"


def costs(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `estimates` with value, low, high, basis and note, on one basis for all.

    The basis is "net" where every row's floor is the timing loop and was measured, else "gross". An
    instruction measured at two unroll factors always has the basis "slope". Values and bounds are
    in the row's unit. Where a net cost or a slope is below resolution, they are missing and `note`
    says so; elsewhere `note` is "".
    """
    slope = rows["net"].notna() & rows["slope"]
    has_net = slope | (rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR))
    net = has_net if has_net.all() else slope
    found = _with_values(rows, net)
    return found.assign(
        basis=slope.map({True: "slope", False: "net" if has_net.all() else "gross"})
    )


def in_cycles(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of `estimates` known in core cycles, with the columns of `costs`.

    Where cycles are few, the timing loop matters most. So each row has its own basis: "net" where
    its floor is the timing loop, "slope", or "gross".
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
    net = slope | (rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR))
    found = _with_values(rows, net)
    basis = net.map({True: "net", False: "gross"}).where(~slope, "slope")
    return found.assign(basis=basis, process_values=pd.Series([()] * len(found), index=found.index))


def _with_values(rows: pd.DataFrame, net: pd.Series[bool]) -> pd.DataFrame:
    """Return rows with value, low, high and note: net costs where `net` says so, else gross."""
    resolved = rows["resolved"] | ~net
    return rows.assign(
        value=rows["net"].where(net, rows["gross"]).where(resolved),
        low=rows["net_low"].where(net, rows["low"]).where(resolved),
        high=rows["net_high"].where(net, rows["high"]).where(resolved),
        note=resolved.map({True: "", False: BELOW_RESOLUTION}),
    )


def as_measured(rows: pd.DataFrame) -> pd.DataFrame:
    """Return rows of `estimates` with the columns of `costs`, on the basis "gross"."""
    return rows.assign(value=rows["gross"], basis="gross", note="")


def basis_note(rows: pd.DataFrame) -> str:
    """Return what the values of `costs` include, as a sentence or two."""
    bases = set(rows["basis"].dropna())
    slope = "from the slope between two unroll factors, which contains no loop overhead."
    if bases == {"slope"}:
        return f"All come {slope}"
    loop = (
        "The timing loop's overhead is subtracted."
        if "net" in bases
        else "Costs are as measured, timing loop included."
    )
    return f"{loop} Instructions of about a cycle come {slope}" if "slope" in bases else loop
