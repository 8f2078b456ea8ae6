"""Build tables of ratios: what a case costs compared with its control case."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from ..estimate.result_set import ResultSet
from .line_table import series
from .row_kinds import ESTIMATE, MISSING

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
    "cost",
    "cost_unit",
    "operations",
    "base",
    "base_cost",
    "case",
    "note",
]
# From cases to the name of each one's control case, "" where it has none.
Controls = Callable[[pd.DataFrame], "pd.Series[str]"]
PROTECTED = r"-(key|mprotect|mprotect-page|mprotect-all|double-mapping)$"


def of_cases(
    result_set: ResultSet, cases: str, controls: Controls, rates: bool = False
) -> pd.DataFrame:
    """Return the ratio of each case's cost to its control case's, and both costs.

    `cases` is a regular expression that the whole name of a case must match. `value`, `low` and
    `high` are the ratio and its 95 % interval; `cost` and `base_cost` are the costs of the case and
    of its control, in `cost_unit`. With `rates`, `operations` is the number of operations a second.
    """
    listed = result_set.cases[result_set.cases["case"].str.fullmatch(cases)]
    listed = listed.assign(base=controls(listed), label=series(listed, ""))
    listed = listed[listed["base"] != ""]
    own = result_set.estimates[["machine", "case", "gross", "unit", "processes"]]
    base = own[["machine", "case", "gross"]].rename(columns={"case": "base", "gross": "base_cost"})
    listed = listed[["machine", "evidence", "case", "label", "base", "state", "reason"]]
    found = listed.merge(own, on=["machine", "case"], how="left")
    found = found.merge(base, on=["machine", "base"], how="left")
    both = found["gross"].notna() & found["base_cost"].notna()
    if not both.any():
        return pd.DataFrame(columns=COLUMNS)
    found["value"] = found["gross"] / found["base_cost"]
    pairs = found.loc[both, ["machine", "case", "base"]].itertuples(index=False)
    bounds = result_set.ratio_bounds(((on, case), (on, base)) for on, case, base in pairs)
    found.loc[both, ["low", "high"]] = bounds
    found["what"] = both.map({True: ESTIMATE, False: MISSING})
    unmeasured = found["state"] + ": " + found["reason"]
    no_control = "its control case " + found["base"] + " was not measured"
    found["note"] = unmeasured.where(found["state"] != "measured", no_control).where(~both, "")
    found["cost"], found["cost_unit"] = found["gross"], found["unit"]
    found["operations"] = 1 / found["gross"] if rates and not result_set.exact else float("nan")
    return found.assign(unit="ratio")[COLUMNS].reset_index(drop=True)


def unprotected(rows: pd.DataFrame) -> pd.Series[str]:
    """Return each application's version without protection, at the same points."""
    names = set(rows["case"])

    def control(case: str) -> str:
        family, benchmark, *points = case.split("/")
        stem = pd.Series([benchmark]).str.replace(PROTECTED, "", regex=True)[0]
        for end in ("unprotected", "plain"):
            name = "/".join([family, f"{stem}-{end}", *points])
            if stem != benchmark and name in names:
                return name
        return ""

    return rows["case"].map(control).astype(str)


def without_keys(rows: pd.DataFrame) -> pd.Series[str]:
    """Return each kernel path's version without keys, which has neither rights nor a PKRU axis."""

    def control(case: str) -> str:
        family, benchmark, *points = case.split("/")
        if benchmark.endswith("-plain"):
            return ""
        kept = [point for point in points if not point.startswith(("rights:", "pkru:"))]
        return "/".join([family, f"{benchmark}-plain", *kept])

    return rows["case"].map(control).astype(str)


def without_wrpkru(rows: pd.DataFrame) -> pd.Series[str]:
    """Return the same work without a WRPKRU before or after it."""
    controls = rows["case"].str.replace(r"/wrpkru-(after|before)-", "/", regex=True)
    return controls.where(controls != rows["case"], "").astype(str)
