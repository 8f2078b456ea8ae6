"""Which way to open and close a region costs least at which rate, and how much of a CPU it takes.

One switch opens a region for writing, stores to it and closes it again. It costs *c* seconds; a
thread that does it *r* times a second spends the share *r* × *c* of its CPU on it. That is the
measure in which ERIM reports what switching costs a program (Vahldiek-Oberwagner et al., USENIX
Security 2019: per cent per 100,000 switches a second). A share above 1 is a rate that can't be
reached. The rate is the same for all ways, so which costs least is a matter of the region's size.

A region that is to be switched by WRPKRU has to be tagged once, by pkey_mprotect. That pays after
*n* = *t* ÷ (*m* − *w*) switches, where *t* is what tagging costs, *m* a switch by mprotect and *w*
one by WRPKRU.

Intervals are carried through by their ends: a share's are the rate times the cost's, and the least
*n* has the cheapest tagging, the dearest mprotect and the cheapest WRPKRU. That is wider than a
joint interval, as the ends do not meet by chance.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from ..estimate.cost_basis import LOOP_FLOOR
from ..estimate.result_set import ResultSet
from ..reading.assumption import PER_SWITCH, Assumption

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
    """Return what one switch costs by each way at each size, in seconds, without the timing loop.

    `estimates` is what `estimate.estimates` gave; the loop is taken off where it was measured.
    """
    rows = _along_pages(estimates, "switch")
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
    """Add what a reader assumes, at every size, on machines that did not measure that way.

    `cycles` is how many seconds a core cycle takes on each machine. An assumed cost has no value
    of its own, only the ends of its range.
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
    """Return how long a core cycle takes on each machine of a tidy frame; None where it's unknown.

    The median over all values of what one took by what it took in cycles.
    """
    told = frame[frame["cycles"] > 0]
    ratios = (told["value"] / told["cycles"]).groupby(told["machine"].astype(str)).median()
    return {str(machine): ratios.get(str(machine)) for machine in frame["machine"].unique()}


def shares(costs: pd.DataFrame, rates: Sequence[float] = RATES) -> pd.DataFrame:
    """Return which share of a CPU each way takes at each rate: share, share_low, share_high."""
    each = costs.merge(pd.DataFrame({"rate": rates}), how="cross")
    return each.assign(
        share=each["rate"] * each["value"],
        share_low=each["rate"] * each["low"],
        share_high=each["rate"] * each["high"],
    )


def affordable(costs: pd.DataFrame, share: float) -> pd.DataFrame:
    """Return how many switches a second take that share of a CPU: rate, rate_low, rate_high."""
    return costs.assign(
        rate=share / costs["value"],
        rate_low=share / costs["high"],
        rate_high=share / costs["low"],
    )


def cheapest(costs: pd.DataFrame) -> pd.DataFrame:
    """Return the way that costs least on each machine at each size, and whether that can be told.

    `told` holds where its whole interval, or assumed range, lies below every other way's; `times`
    is how many times as much the next one costs, from `times_low` to `times_high`.
    """
    found = []
    for (machine, pages), rows in costs.groupby(["machine", "pages"], sort=False):
        middle = rows["value"].where(rows["value"].notna(), (rows["low"] * rows["high"]) ** 0.5)
        ordered = rows.assign(middle=middle).sort_values("middle")
        best = ordered.iloc[0]
        row: dict[str, object] = {"machine": machine, "pages": pages, "way": best["way"]}
        row |= {"told": False, "next": "", "times": np.nan}
        row |= {"times_low": np.nan, "times_high": np.nan}
        if len(ordered) > 1:
            other = ordered.iloc[1]
            highest, lowest = _end(best, "high"), _end(other, "low")
            row |= {
                "told": all(
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
        columns=["machine", "pages", "way", "told", "next", "times", "times_low", "times_high"],
    )


def tagging(costs: pd.DataFrame, estimates: pd.DataFrame) -> pd.DataFrame:
    """Return after how many switches tagging a region once pays: switches, and its ends.

    Only where tagging and both ways of switching are known, and WRPKRU's is the cheaper.
    """
    columns = ["machine", "pages", "switches", "switches_low", "switches_high"]
    if costs.empty:
        return pd.DataFrame(columns=columns)
    tags = _along_pages(estimates[estimates["benchmark"] == TAGGING], "protect")
    tags = tags.assign(pages=tags["axis_pages"].astype(int) if len(tags) else [])
    tags = tags[["machine", "pages", "gross", "low", "high"]].rename(
        columns={"gross": "tag", "low": "tag_low", "high": "tag_high"}
    )
    both = tags
    for way, short in (("WRPKRU", "key"), ("mprotect", "plain")):
        rows = costs[costs["way"] == way]
        ends = {short: rows["value"]} | {
            f"{short}_{end}": rows[end].where(rows[end].notna(), rows["value"])
            for end in ("low", "high")
        }
        both = both.merge(rows[["machine", "pages"]].assign(**ends), on=["machine", "pages"])
    gain, least, most = (
        both["plain"] - both["key"],
        both["plain_low"] - both["key_high"],
        both["plain_high"] - both["key_low"],
    )
    told = both.assign(
        switches=both["tag"] / gain,
        switches_low=both["tag_low"].fillna(both["tag"]) / most,
        switches_high=both["tag_high"].fillna(both["tag"]) / least,
    )
    return told.loc[least > 0, columns].reset_index(drop=True)


def _end(row: pd.Series, end: str) -> float:
    """Return an end of a cost's interval, or the cost itself where it has none."""
    return float(row["value"] if pd.isna(row[end]) else row[end])


def _along_pages(rows: pd.DataFrame, family: str) -> pd.DataFrame:
    """Return a family's rows that have a number of pages and no other point."""
    if "axis_pages" not in rows:
        return rows.iloc[:0].assign(axis_pages=[])
    others = [c for c in rows.columns if c.startswith("axis_") and c != "axis_pages"]
    plain = rows["axis_pages"].notna() & rows[others].isna().all(axis=1)
    return rows[plain & (rows["family"] == family)]


def with_assumptions(result_set: ResultSet) -> pd.DataFrame:
    """Return what a switch costs by each way, what the reader assumes among them."""
    if result_set.evidence != "silicon":
        return pd.DataFrame(columns=COLUMNS)
    costs = switch_costs(result_set.estimates)
    cycles = seconds_a_cycle(result_set.frame)
    for assumption in result_set.assumptions:
        costs = assume(costs, assumption, cycles)
    return costs
