"""From values to a figure a process: which values count."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api.typing import DataFrameGroupBy

KEY = ["machine", "evidence", "case"]

# The share of a process's values that must be clean for its contaminated ones to be left out:
# where most are contaminated, that is what the case costs, there or everywhere.
CLEAN_SHARE = 0.5
# Processes with values of a core of their own that a case must have for those beside a neighbour to
# be left out, whatever their share: a neighbour comes and goes, and no case brings it along.
FEWEST_UNCONTENDED = 3


def processes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per process: the median of its values, how many there were and were left out.

    Values of failed cases and of evidence `function`, whose times mean nothing, don't count at all.
    Contaminated values are left out where at least `CLEAN_SHARE` of the process's are clean, and
    crowded ones where `FEWEST_ALONE` processes of the case have others: a process that has none
    then has no median. `crowded` is how many such values count all the same.
    """
    usable = frame[(frame["state"] == "measured") & (frame["evidence"] != "function")]
    kept = counting(usable)
    marks = usable.assign(left_out=~kept, contended=_marked(usable, "contended") & kept)
    whole = _by_process(usable)["value"].agg(values="size")
    whole = whole.join(_by_process(marks)[["left_out", "contended"]].sum())
    whole = whole.join(_by_process(usable[kept])[["value", "cycles"]].median())
    facts = ["round", "loops", "piece_loops", "inner_loops", "slope", "clock_resolution"]
    return pd.DataFrame(whole.join(_by_process(usable)[facts].first()).reset_index())


def counting(values: pd.DataFrame) -> pd.Series[bool]:
    """Tell of each value whether its process's median has it; see `processes`."""
    contended = _marked(values, "contended")
    clean = _clean(values)
    return clean & ~(contended & _has_enough(values, clean & ~contended))


def _by_process(values: pd.DataFrame) -> DataFrameGroupBy[Any, Any]:
    return values.groupby([*KEY, "process"], observed=True, sort=False)


def _marked(values: pd.DataFrame, flag: str) -> pd.Series[bool]:
    return values[flag].fillna(False).astype(bool)


def _clean(values: pd.DataFrame) -> pd.Series[bool]:
    """Tell of each value whether its process's median has it, for all that contaminated it."""
    clean = ~_marked(values, "disturbed")
    share = _by_process(values.assign(clean=clean))["clean"].transform("mean")
    return clean | (share < CLEAN_SHARE)


def _has_enough(values: pd.DataFrame, good: pd.Series[bool]) -> pd.Series[bool]:
    """Tell of each value whether enough processes of its case have good values."""
    first = good & ~values[[*KEY, "process"]].where(good).duplicated()
    by_case = values.assign(first=first).groupby(KEY, observed=True, sort=False)
    return by_case["first"].transform("sum") >= FEWEST_UNCONTENDED
