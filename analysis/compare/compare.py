"""Two results, case by case: how much dearer, how sure, and what that comes to in one word."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain

import numpy as np
import pandas as pd
from scipy import stats

from ..estimate.frame import tidy
from ..estimate.machine_names import named
from ..estimate.per_process import processes
from ..estimate.readings import CONTENTION_LIMITS, uncontended_core
from ..estimate.resample import CONFIDENCE
from ..estimate.sample import Numbers
from ..reading.result import Result
from .comparable import Difference, differences
from .run_overlap import IN_TURNS, together

FASTER, SLOWER, SAME, UNKNOWN = "faster", "slower", "the same", "can't tell"
MISSING, ADDED = "missing", "added"
MARGIN = 0.01  # costs that differ by less than this share are the same for most purposes
SIGNIFICANT = 1 - CONFIDENCE
# Of the processes of a getppid on a Zen 4 core one in fifty takes 1.32 times as long as all others;
# a mean over twenty has an interval of 2.5 % with one of them and of 0.1 % without. Where a process
# is further from the median of its side than this many standard deviations, as the median absolute
# deviation tells them, this share of the processes at either end is left out of the means. Not
# everywhere, as a true 3 % is found less often then, if processes differ by 2 %: in 98.0 instead of
# 99.0 %, as one of 40 cases in 64.9 instead of 84.1 % (tests/benchmarks/same_simulated.py).
ODD, TRIMMED = 10.0, 0.2

DEFINITION = (
    "Per process the median of its values, left out what a report leaves out, where two runs took "
    "turns by what both saw of their core; the ratio is that of their geometric means over "
    "processes, its interval and p-value Welch's t on the logarithms (Welch, Biometrika 34, 1947); "
    f"where a process is more than {ODD:.0f} standard deviations from its median, as the median "
    f"absolute deviation tells them, without the {TRIMMED:.0%} of the processes at either end, by "
    "Yuen's t (Yuen, Biometrika 61, 1974). The expected share of false alarms among all "
    "cases called faster or slower is 5 % (Benjamini and Hochberg, J. R. Stat. Soc. B 57, 1995). "
    "The process is the unit: values of one process are not independent. A percentile bootstrap of "
    "six processes would be too sure of itself by a factor of two to three."
)
COLUMNS = ["case", "base", "new", "unit", "ratio", "low", "high", "p", "verdict", "why"]


@dataclass(frozen=True)
class Comparison:
    """What became of each case between two results."""

    base: Result
    new: Result
    margin: float
    differences: Sequence[Difference]
    cases: pd.DataFrame  # a row per case, with COLUMNS
    together: str  # how the two share the minutes of a machine, as `together` says

    @property
    def comparable(self) -> bool:
        """Tell whether the two machines may be compared at all."""
        return not any(difference.matters for difference in self.differences)

    def with_verdict(self, *verdicts: str) -> pd.DataFrame:
        """Return the cases with one of these verdicts."""
        return self.cases[self.cases["verdict"].isin(verdicts)]


def compare(base: Result, new: Result, margin: float = MARGIN) -> Comparison:
    """Compare each case of two results.

    ======= ============================================================================
    case    the case's name
    base    what it costs in the first result, in `unit`; `new` likewise in the second
    unit    cycles (core cycles, where both results tell them and are of one machine), s or
            instructions
    ratio   new ÷ base; `low` and `high` are its 95 % interval, missing where there is none
    p       of no difference, adjusted for the number of cases; missing where there is no test
    verdict faster, slower, the same (the interval lies within the margin), can't tell; missing
            or added where only one result has it
    why     what stands in the way of a verdict, ""
    ======= ============================================================================
    """
    found = differences(base, new)
    same_machine = not any(difference.matters for difference in found)
    how = together(base, new)
    one_core = same_machine and how == IN_TURNS
    groups = [[base, new]] if one_core else [[base], [new]]
    first, second = chain.from_iterable(map(_samples, groups))
    names = list(dict.fromkeys([*first, *second]))
    rows = [
        _row(name, first.get(name), second.get(name), same_machine, base.evidence == "path length")
        for name in names
    ]
    if shared := _shared_core(base, new, one_core) if same_machine else "":
        rows = [row | {"p": np.nan, "why": row["why"] or shared} for row in rows]
    table = _with_verdicts(pd.DataFrame(rows, columns=COLUMNS), margin)
    return Comparison(base, new, margin, found, table, how)


@dataclass(frozen=True)
class _Sample:
    seconds: Numbers  # a figure a process
    cycles: Numbers
    contended: (
        bool  # some were taken beside another hardware thread on the core, as too few weren't
    )


def _samples(results: Sequence[Result]) -> list[dict[str, _Sample]]:
    """Return the samples of each result by case; several were measured in turns."""
    table = processes(tidy(results, one_core=True)).dropna(subset="value")
    found: dict[str, dict[str, _Sample]] = {name: {} for name, _ in named(results)}
    for (machine, case), rows in table.groupby(["machine", "case"], observed=True, sort=False):
        found[str(machine)][str(case)] = _Sample(
            rows["value"].to_numpy(float),
            rows["cycles"].to_numpy(float),
            bool(rows["contended"].any()),
        )
    return list(found.values())


def _row(
    name: str, base: _Sample | None, new: _Sample | None, same_machine: bool, exact: bool
) -> dict[str, object]:
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan) | {"case": name, "why": ""}
    unit = "instructions" if exact else "s"
    in_cycles = (
        same_machine
        and not exact
        and all(sample is None or not np.isnan(sample.cycles).any() for sample in (base, new))
    )
    first, second = (
        None if sample is None else (sample.cycles if in_cycles else sample.seconds)
        for sample in (base, new)
    )
    row |= {"unit": "cycles" if in_cycles else unit, "verdict": UNKNOWN}
    trim = TRIMMED if not exact and any(map(_has_odd, (first, second))) else 0.0
    middle = _least if exact else partial(_middle, trim=trim)
    if first is not None:
        row["base"] = middle(first)
    if second is not None:
        row["new"] = middle(second)
    if first is None or second is None:
        return row | {"verdict": ADDED if first is None else MISSING}
    if exact:
        return row | _exactly(middle(first), middle(second))
    if base and new and base.contended != new.contended:
        return row | {"why": f"the {'base' if base.contended else 'new'} one had to share its core"}
    return row | _t_test(np.log(first), np.log(second), trim)


def _shared_core(base: Result, new: Result, one_core: bool) -> str:
    """Return why no case can be told, where one of two results never had its core to itself."""
    told, other = uncontended_core(base), uncontended_core(new)
    if bool(told) != bool(other):
        return "only one of the two says whether it had its core to itself"
    if one_core:
        return ""  # each case tells of its own values
    for look in (name for name in told if name in other):
        best, its = told[look], other[look]
        if max(best, its) > CONTENTION_LIMITS[look] * min(best, its):
            base_shared = not best or best > its > 0
            return f"the {'base' if base_shared else 'new'} one had to share its core all the time"
    return ""


def _has_odd(values: Numbers | None) -> bool:
    """Tell whether a process is far from the others."""
    if values is None:
        return False
    logarithms = np.log(values)
    apart = np.abs(logarithms - np.median(logarithms))
    return bool((apart > ODD * stats.median_abs_deviation(logarithms, scale="normal")).any())


def _least(values: Numbers) -> float:
    return float(values.min())


def _middle(values: Numbers, trim: float) -> float:
    return float(np.exp(stats.trim_mean(np.log(values), trim)))


def _exactly(base: float, new: float) -> dict[str, object]:
    ratio = new / base
    p = 1.0 if new == base else 0.0
    return {"ratio": ratio, "low": ratio, "high": ratio, "p": p}


def _t_test(base: Numbers, new: Numbers, trim: float) -> dict[str, object]:
    inner_base, inner_new = (stats.trimboth(each, trim) for each in (base, new))
    difference = float(inner_new.mean() - inner_base.mean())
    found: dict[str, object] = {"ratio": float(np.exp(difference))}
    if min(base.size, new.size) < 2:
        return found | {"why": "one process tells nothing of the next"}
    if inner_base.var() == 0 and inner_new.var() == 0:
        # Processes agree to the last bit, as only a clock too coarse for the figure makes them.
        return found | {"why": "no process differs from another: the clock is too coarse"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that processes hardly differ is a fact here
        tested = stats.ttest_ind(new, base, equal_var=False, trim=trim)
    with np.errstate(over="ignore"):  # two processes far apart bound nothing
        low, high = np.exp(tested.confidence_interval(CONFIDENCE))
    return found | {
        "low": float(low),
        "high": float(high),
        "p": float(tested.pvalue),
    }


def _with_verdicts(table: pd.DataFrame, margin: float) -> pd.DataFrame:
    tested = table["p"].notna()
    table.loc[tested, "p"] = stats.false_discovery_control(table.loc[tested, "p"].astype(float))
    significant = tested & (table["p"] <= SIGNIFICANT)
    exact = table["unit"] == "instructions"
    within = (table["low"] >= 1 - margin) & (table["high"] <= 1 + margin) & ~exact
    table.loc[significant & (table["ratio"] > 1), "verdict"] = SLOWER
    table.loc[significant & (table["ratio"] < 1), "verdict"] = FASTER
    table.loc[tested & (within | (exact & (table["ratio"] == 1))), "verdict"] = SAME
    return table
