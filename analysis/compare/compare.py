"""Two results, case by case: the ratio of their costs, its interval, and a verdict in a word."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import chain

import numpy as np
import pandas as pd

from ..estimate.frame import tidy
from ..estimate.machine_names import named
from ..estimate.per_process import processes
from ..estimate.readings import CONTENTION_LIMITS, uncontended_core
from ..estimate.resample import CONFIDENCE
from ..reading.bounded_json import ResultError
from ..reading.result import Result
from .comparable import Difference, differences
from .pair import ODD, TRIMMED, Side, cost, pair
from .run_overlap import IN_TURNS, overlap

FASTER, SLOWER = "faster", "slower"
FEWER, MORE = "fewer instructions", "more instructions"  # likewise, of exact counts
UNCHANGED, INCONCLUSIVE = "unchanged", "inconclusive"
MISSING, ADDED = "missing", "added"
MARGIN = 0.01  # a smaller share of a cost makes no difference for most purposes
SIGNIFICANT = 1 - CONFIDENCE
DEFINITION = (
    "Each process contributes the median of its values, without those that a report leaves out. "
    "Where two runs took turns, the readings of both decide which values are contended. "
    "The ratio is that of the geometric means over processes. Its interval and p-value are from "
    "Welch's t-test on the logarithms (Welch, Biometrika 34, 1947). "
    f"Where a process is more than {ODD:.0f} standard deviations from the median of its side "
    "(estimated by the median absolute deviation), Yuen's t-test is used, which leaves out "
    f"{TRIMMED:.0%} of the processes at either end (Yuen, Biometrika 61, 1974). "
    "The expected share of false alarms among all cases called faster or slower is 5 % (Benjamini "
    "and Hochberg, J. R. Stat. Soc. B 57, 1995). The process is the unit, because values of one "
    "process are not independent. A percentile bootstrap of six processes would give intervals too "
    "narrow by a factor of two to three."
)
CONTENDED = "the {} result is contended: another hardware thread used its core"
COLUMNS = [
    *("case", "base", "new", "unit", "ratio", "low", "high", "p"),
    *("odd_base", "odd_new", "verdict", "why"),
]


@dataclass(frozen=True)
class Comparison:
    """Two results, compared case by case; `compare` makes it."""

    base: Result
    new: Result
    margin: float
    differences: Sequence[Difference]
    cases: pd.DataFrame  # a row per case, with COLUMNS; see `compare`
    run_overlap: str  # whether the two were taken at the same time, as `run_overlap.overlap` says

    @property
    def comparable(self) -> bool:
        """Whether costs of the two machines can be compared at all."""
        return not any(difference.matters for difference in self.differences)


def compare(
    base: Result,
    new: Result,
    margin: float = MARGIN,
    chosen: Collection[str] | None = None,
    in_seconds: bool = False,
) -> Comparison:
    """Compare each case of two results; `margin` is a share, as 0.01 for 1 %.

    With `chosen`, only these cases are compared. With `in_seconds`, times are never compared in
    core cycles.

    The table of cases, `Comparison.cases`, has a row per case that either result measured:

    ======= ============================================================================
    case    the case's name
    base    its cost per operation in the first result, in `unit`: the geometric mean over processes
            (of exact counts the least); missing where only the second has the case
    new     the same of the second result
    unit    cycles (core cycles, where both results have them and are of comparable machines), s, or
            instructions
    ratio   new ÷ base; missing where only one result has the case
    low     the lower bound of the ratio's 95 % interval and, in high, the upper one; of exact
            counts the bounds within which repeats differ, or the ratio itself; missing where there
            is no test
    p       the p-value of no difference, adjusted for the number of cases (Benjamini and Hochberg);
            missing where there is no test
    odd_*   odd_base and odd_new: odd processes of either side, which the means leave out
    verdict faster or slower (p is at most 0.05); unchanged (the interval lies within the margin,
            even if p is small); inconclusive; for exact counts: fewer instructions, more
            instructions or unchanged; missing or added where only one result has the case
    why     why it is inconclusive, or what to know about the difference; "" for nothing
    ======= ============================================================================

    What makes a case inconclusive, such as contention of one side, leaves its ratio and interval as
    they are. There is a verdict all the same where the whole interval is further from 1 than that
    was ever seen to move a ratio.

    Raises ResultError where one result holds times and the other counts, or where one holds times
    of an emulated machine, which mean nothing. Two results of different processors are compared in
    seconds: `Comparison.comparable` is then false.
    """
    check_evidence(base, new)
    found = differences(base, new)
    same_machine = not any(difference.matters for difference in found)
    how = overlap(base, new)
    one_core = same_machine and how == IN_TURNS
    named_results = {"base": base, "new": new}
    groups = [named_results] if one_core else [{"base": base}, {"new": new}]
    first, second = chain.from_iterable(map(_sides, groups))
    if same_machine:
        marked = _always_contended(base, new, one_core)
        if any(marked):  # one result is more contended than the other in every case
            first, second = (
                {name: replace(side, contended=why) for name, side in sides.items()}
                for sides, why in zip((first, second), marked, strict=True)
            )
    exact = base.evidence == "path length"
    rows = [
        _row(name, first.get(name), second.get(name), same_machine and not in_seconds, exact)
        for name in dict.fromkeys([*first, *second])
        if chosen is None or name in chosen
    ]
    table = _with_verdicts(pd.DataFrame(rows, columns=[*COLUMNS, "explained"]), margin)
    return Comparison(base, new, margin, found, table[COLUMNS], how)


def check_evidence(base: Result, new: Result) -> None:
    """Raise ResultError unless both results hold times of a real machine, or both hold counts."""
    for result in (base, new):
        if result.evidence == "function":
            raise ResultError(
                f"{result.file} was taken in an emulated machine, whose times mean nothing: "
                "it can't be compared."
            )
    if base.evidence != new.evidence:
        kinds = {"silicon": "times", "path length": "instruction counts"}
        raise ResultError(
            f"{base.file} holds {kinds[base.evidence]} and {new.file} holds "
            f"{kinds[new.evidence]}: times and counts can't be compared."
        )


def _sides(results: Mapping[str, Result]) -> list[dict[str, Side]]:
    """Return the sides of each result, base or new, by case; both were measured in turns."""
    every = list(results.values())
    table = processes(tidy(every, one_core=True)).dropna(subset="value")
    places = {name: place for place, (name, _) in zip(results, named(every), strict=True)}
    found: dict[str, dict[str, Side]] = {place: {} for place in results}
    for (machine, case), rows in table.groupby(["machine", "case"], observed=True, sort=False):
        place = places[str(machine)]
        found[place][str(case)] = Side(
            rows["value"].to_numpy(float),
            rows["cycles"].to_numpy(float),
            CONTENDED.format(place) if rows["contended"].any() else "",
            float(rows["least"].min()),
            float(rows["most"].max()),
        )
    return list(found.values())


def _row(
    name: str, base: Side | None, new: Side | None, cycles: bool, exact: bool
) -> dict[str, object]:
    sides = {place: side for place, side in (("base", base), ("new", new)) if side is not None}
    in_cycles = cycles and not any(np.isnan(side.cycles).any() for side in sides.values())
    unit = "instructions" if exact else "cycles" if in_cycles else "s"
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan)
    row |= {"case": name, "unit": unit, "why": "", "explained": 1.0}
    if base is not None and new is not None:
        return row | asdict(pair(base, new, unit)) | {"verdict": INCONCLUSIVE}
    row |= {place: cost(side, unit) for place, side in sides.items()}
    return row | {"verdict": ADDED if base is None else MISSING}


def _always_contended(base: Result, new: Result, one_core: bool) -> tuple[str, str]:
    """Return for base and new why all of its cases may be contended; "" where they are not."""
    first, second = uncontended_core(base), uncontended_core(new)
    if bool(first) != bool(second):
        why = "only one of the two results says whether its core was contended"
        return ("", why) if first else (why, "")
    if one_core:
        return "", ""  # the readings of both together decide it for each value
    for reading in (name for name in first if name in second):
        cycles, others = first[reading], second[reading]
        if max(cycles, others) > CONTENTION_LIMITS[reading] * min(cycles, others):
            if not cycles or cycles > others > 0:
                return f"{CONTENDED.format('base')} all the time", ""
            return "", f"{CONTENDED.format('new')} all the time"
    return "", ""


def _with_verdicts(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    """Add verdicts; a ratio within a row's factor `explained` of 1 may be due to its `why`."""
    from scipy import stats  # noqa: PLC0415 - slow to import: a page of one machine needs none

    tested = table["p"].notna()
    table.loc[tested, "p"] = stats.false_discovery_control(table.loc[tested, "p"].astype(float))
    exact = table["unit"] == "instructions"
    factor = table["explained"]
    clear = (factor == 1.0) | (table["low"] > factor) | (table["high"] < 1 / factor)
    significant = tested & (table["p"] <= SIGNIFICANT) & clear
    for more, less, rows in ((SLOWER, FASTER, ~exact), (MORE, FEWER, exact)):
        table.loc[significant & rows & (table["ratio"] > 1), "verdict"] = more
        table.loc[significant & rows & (table["ratio"] < 1), "verdict"] = less
    within = (table["low"] >= 1 - margin) & (table["high"] <= 1 + margin) & (table["why"] == "")
    table.loc[tested & np.where(exact, ~significant, within), "verdict"] = UNCHANGED
    return table
