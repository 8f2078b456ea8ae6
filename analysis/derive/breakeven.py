"""Compare the ways to open and close a region: which costs least, and what share of a CPU it takes.

One switch opens a region for writing, stores to it and closes it again. It costs *c* seconds; a
thread that switches *r* times a second spends the share *r* × *c* of its CPU on it. ERIM uses this
measure for the cost of switching (Vahldiek-Oberwagner et al., USENIX Security 2019: per cent per
100,000 switches a second). A rate whose share is above 1 can't be reached. All ways are compared at
the same rate, so which costs least depends on the region's size alone.

A region that WRPKRU is to switch has to be tagged once, by pkey_mprotect. Tagging pays after
*n* = *t* ÷ (*m* − *w*) switches: *t* is the cost of tagging, *m* of a switch by mprotect and *w* of
one by WRPKRU.

The ends of the intervals are carried through. The ends of a share are the rate times the ends of
the cost. The smallest *n* combines the lowest cost of tagging, the highest of mprotect and the
lowest of WRPKRU. That is wider than a joint interval, because all three are rarely at their ends.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..estimate.cost_basis import LOOP_FLOOR
from ..estimate.result_set import ResultSet
from ..reading.assumption import PER_SWITCH, Assumption
from .line_table import only_along

WAYS = {"wrpkru-raw": "WRPKRU", "pkey-mprotect": "pkey_mprotect", "mprotect": "mprotect"}
ASSUMED_WAY = {"wrpkru": "WRPKRU"}
TAGGING = "pkey-mprotect-0-k"
RATES = tuple(10.0**power for power in range(1, 8))
MEASURED, ASSUMED = "measured", "assumed"
COLUMNS = [
    *("machine", "way", "pages", "value", "low", "high"),
    *("unit", "processes", "case", "origin", "source"),
]


def switch_costs(estimates: pd.DataFrame) -> pd.DataFrame:
    """Return what one switch costs by each way at each size, in seconds: COLUMNS.

    `estimates` is the result of `estimate.estimates`. The cost is net of the timing loop where the
    loop was measured and the net cost is resolved, else as measured.
    """
    rows = only_along(estimates[estimates["family"] == "switch"], "pages")
    rows = rows[rows["benchmark"].isin(WAYS)]
    loop = rows["net"].notna() & rows["floor"].str.fullmatch(LOOP_FLOOR) & rows["resolved"]
    found = rows.assign(
        way=rows["benchmark"].map(WAYS),
        pages=rows["axis_pages"].astype(int) if len(rows) else [],
        value=rows["net"].where(loop, rows["gross"]),
        low=rows["net_low"].where(loop, rows["low"]),
        high=rows["net_high"].where(loop, rows["high"]),
        origin=MEASURED,
        source="",
    )
    return found[COLUMNS].reset_index(drop=True)


def assume(
    costs: pd.DataFrame, assumption: Assumption, cycles: dict[str, float | None]
) -> pd.DataFrame:
    """Add an assumed cost at every size, on each machine that did not measure that way.

    `cycles` maps a machine to the seconds of one of its core cycles, None where it is not known. An
    assumed cost has the two ends of its range and no value. Raises ResultError where the assumption
    is in cycles and a machine's are not known.
    """
    way = ASSUMED_WAY[assumption.what]
    added = []
    for machine, rows in costs.groupby("machine", sort=False):
        if way in set(rows["way"]):
            continue
        ends = assumption.seconds(cycles.get(str(machine)))
        low, high = (PER_SWITCH[assumption.what] * end for end in ends)
        sizes = rows.drop_duplicates("pages")
        added.append(
            sizes.assign(
                way=way,
                value=np.nan,
                low=low,
                high=high,
                processes=np.nan,
                case="",
                origin=ASSUMED,
                source=assumption.text,
            )
        )
    return pd.concat([*added, costs], ignore_index=True) if added else costs


def seconds_a_cycle(frame: pd.DataFrame) -> dict[str, float | None]:
    """Return the seconds of a core cycle on each machine of a tidy frame; None where not known.

    It is the median over all values of a value's time divided by its core cycles.
    """
    known = frame[frame["cycles"] > 0]
    ratios = (known["value"] / known["cycles"]).groupby(known["machine"].astype(str)).median()
    return {str(machine): ratios.get(str(machine)) for machine in frame["machine"].unique()}


def shares(costs: pd.DataFrame, rates: Sequence[float] = RATES) -> pd.DataFrame:
    """Return each way's share of a CPU at each rate: share, share_low, share_high, 1 for all."""
    each = costs.merge(pd.DataFrame({"rate": rates}), how="cross")
    return each.assign(
        share=each["rate"] * each["value"],
        share_low=each["rate"] * each["low"],
        share_high=each["rate"] * each["high"],
    )


def affordable(costs: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return the switches a second that take a share of a CPU: rate, rate_low, rate_high."""
    return costs.assign(
        rate=share / costs["value"],
        rate_low=share / costs["high"],
        rate_high=share / costs["low"],
    )


def lowest_cost(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the way that costs least on each machine at each size, a row for each.

    `clear` holds where its whole interval, or assumed range, lies below that of every other way.
    `next` is the way with the second lowest cost, and `times` its cost divided by the lowest, from
    `times_low` to `times_high`.
    """
    found = []
    for (machine, pages), rows in costs.groupby(["machine", "pages"], sort=False):
        middle = rows["value"].where(rows["value"].notna(), (rows["low"] * rows["high"]) ** 0.5)
        ordered = rows.assign(middle=middle).sort_values("middle")
        best = ordered.iloc[0]
        row: dict[str, object] = {"machine": machine, "pages": pages, "way": best["way"]}
        row |= {"clear": False, "next": "", "times": np.nan}
        row |= {"times_low": np.nan, "times_high": np.nan}
        if len(ordered) > 1:
            other = ordered.iloc[1]
            highest, lowest = _end(best, "high"), _end(other, "low")
            row |= {
                "clear": all(
                    _end(best, "high") < _end(way, "low") for _, way in ordered[1:].iterrows()
                ),
                "next": other["way"],
                "times": other["middle"] / best["middle"],
                "times_low": lowest / highest,
                "times_high": _end(other, "high") / _end(best, "low"),
            }
        found.append(row)
    return pd.DataFrame(
        found,
        columns=["machine", "pages", "way", "clear", "next", "times", "times_low", "times_high"],
    )


def tagging(costs: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return after how many switches tagging a region pays: switches, switches_low, switches_high.

    There is a row where the costs of tagging and of both ways are known and WRPKRU costs less. The
    two ends are missing where one of the three has no interval.
    """
    columns = ["machine", "pages", "switches", "switches_low", "switches_high"]
    if costs.empty:
        return pd.DataFrame(columns=columns)
    tags = estimates[(estimates["family"] == "protect") & (estimates["benchmark"] == TAGGING)]
    tags = only_along(tags, "pages")
    tags = tags.assign(pages=tags["axis_pages"].astype(int) if len(tags) else [])
    tags = tags[["machine", "pages", "gross", "low", "high"]].rename(
        columns={"gross": "tag", "low": "tag_low", "high": "tag_high"}
    )
    both = tags
    for way, short in (("WRPKRU", "key"), ("mprotect", "plain")):
        rows = costs[costs["way"] == way]
        ends = {short: rows["value"]} | {f"{short}_{end}": rows[end] for end in ("low", "high")}
        both = both.merge(rows[["machine", "pages"]].assign(**ends), on=["machine", "pages"])
    gain, least, most = (
        both["plain"] - both["key"],
        both["plain_low"] - both["key_high"],
        both["plain_high"] - both["key_low"],
    )
    found = both.assign(
        switches=both["tag"] / gain,
        switches_low=both["tag_low"] / most,
        switches_high=both["tag_high"] / least,
    )
    pays = (least > 0) | (least.isna() & (gain > 0))
    return found.loc[pays, columns].reset_index(drop=True)


def with_assumptions(result_set: ResultSet) -> pd.DataFrame:
    """Return what a switch costs by each way, with the assumptions of the result set: COLUMNS."""
    if result_set.evidence != "silicon":
        return pd.DataFrame(columns=COLUMNS)
    costs = switch_costs(result_set.estimates)
    cycles = seconds_a_cycle(result_set.frame)
    for assumption in result_set.assumptions:
        costs = assume(costs, assumption, cycles)
    return costs


def _end(row: pd.Series, end: str) -> float:
    """Return an end of a cost's interval; NaN where a time has none, an exact count itself."""
    return float(row["value"] if row["unit"] == "instructions" else row[end])
