"""From values to one figure per process: which values count."""

from __future__ import annotations

from typing import Any

import pandas as pd
from pandas.api.typing import DataFrameGroupBy

KEY = ["machine", "evidence", "case"]

# Disturbed values are left out if at least this share of the process's values are undisturbed.
# If most are disturbed, the disturbance belongs to the case or to the machine.
CLEAN_SHARE = 0.5
# Contended values are left out if at least this many processes of the case have uncontended ones,
# whatever their share: contention comes from other programs, never from the case.
FEWEST_UNCONTENDED = 3


def processes(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per worker process, from a frame as `tidy` gives it.

    Values of failed cases are ignored, and so are those of evidence `function`, whose times mean
    nothing. Disturbed values are left out where at least `CLEAN_SHARE` of the process's values are
    undisturbed. Contended values are left out where at least `FEWEST_UNCONTENDED` processes of the
    case have uncontended ones.

    ================ ================================================================
    machine          as in `tidy`, likewise evidence, case, process, round, loops, piece_loops,
                     inner_loops, slope and clock_resolution (seconds)
    values           how many values the process measured
    left_out         how many of these were left out
    contended        how many contended values were kept
    value            the median of the values kept: seconds or instructions per operation; missing
                     where all were left out
    cycles           the median of the values kept in core cycles per operation; missing where all
                     were left out or no cycles are known
    least            as in `tidy`, of exact counts, and likewise most
    ================ ================================================================
    """
    usable = frame[(frame["state"] == "measured") & (frame["evidence"] != "function")]
    kept = counting(usable)
    marks = usable.assign(left_out=~kept, contended=_marked(usable, "contended") & kept)
    whole = _by_process(usable)["value"].agg(values="size")
    whole = whole.join(_by_process(marks)[["left_out", "contended"]].sum())
    whole = whole.join(_by_process(usable[kept])[["value", "cycles"]].median())
    facts = ["round", "loops", "piece_loops", "inner_loops", "slope", "clock_resolution"]
    facts += ["least", "most"]
    return pd.DataFrame(whole.join(_by_process(usable)[facts].first()).reset_index())


def counting(values: pd.DataFrame) -> pd.Series[bool]:
    """Return for each value whether it counts in its process's median; see `processes`."""
    contended = _marked(values, "contended")
    clean = _clean(values)
    if not contended.any():
        return clean
    return clean & ~(contended & _has_enough(values, clean & ~contended))


def _by_process(values: pd.DataFrame) -> DataFrameGroupBy[Any, Any]:
    return values.groupby([*KEY, "process"], observed=True, sort=False)


def _marked(values: pd.DataFrame, flag: str) -> pd.Series[bool]:
    return values[flag].fillna(False).astype(bool)


def _clean(values: pd.DataFrame) -> pd.Series[bool]:
    """Return for each value whether it is undisturbed, or kept although it is disturbed."""
    clean = ~_marked(values, "disturbed")
    if clean.all():
        return clean
    share = _by_process(values.assign(clean=clean))["clean"].transform("mean")
    return clean | (share < CLEAN_SHARE)


def _has_enough(values: pd.DataFrame, good: pd.Series[bool]) -> pd.Series[bool]:
    """Return for each value whether FEWEST_UNCONTENDED processes of its case have good values."""
    first = good & ~values[[*KEY, "process"]].where(good).duplicated()
    by_case = values.assign(first=first).groupby(KEY, observed=True, sort=False)
    return by_case["first"].transform("sum") >= FEWEST_UNCONTENDED
