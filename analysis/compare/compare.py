"""Two results, case by case: the ratio of their costs, its interval, and a verdict in a word."""

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
from .run_overlap import IN_TURNS, overlap

FASTER, SLOWER = "faster", "slower"
FEWER, MORE = "fewer instructions", "more instructions"  # likewise, of exact counts
UNCHANGED, INCONCLUSIVE = "unchanged", "inconclusive"
MISSING, ADDED = "missing", "added"
MARGIN = 0.01  # a smaller share of a cost makes no difference for most purposes
SIGNIFICANT = 1 - CONFIDENCE
# A process is odd if it is further from the median of its side than ODD standard deviations,
# estimated by the median absolute deviation. Where there is an odd process, the share TRIMMED of
# the processes at either end is left out of the means. Why: of the processes of a getppid on a
# Zen 4 core, one in fifty takes 1.32 times as long as the others. With one of them, the mean of
# twenty processes has an interval of 2.5 %; without, of 0.1 %.
# Why not always: trimming finds fewer true differences. Where processes differ by 2 %, a true 3 %
# is found in 98.0 instead of 99.0 % of cases, and in 64.9 instead of 84.1 % where it is one case of
# 40 (tests/benchmarks/same_simulated.py).
ODD, TRIMMED = 10.0, 0.2

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
COLUMNS = ["case", "base", "new", "unit", "ratio", "low", "high", "p", "verdict", "why"]


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

    def with_verdict(self, *verdicts: str) -> pd.DataFrame:
        """Return the cases with one of these verdicts."""
        return self.cases[self.cases["verdict"].isin(verdicts)]


def compare(base: Result, new: Result, margin: float = MARGIN) -> Comparison:
    """Compare each case of two results; `margin` is a share, as 0.01 for 1 %.

    The table of cases, `Comparison.cases`, has a row per case that either result measured:

    ======= ============================================================================
    case    the case's name
    base    its cost per operation in the first result, in `unit`: the geometric mean over processes
            (of exact counts the least); missing where only the second has the case
    new     the same of the second result
    unit    cycles (core cycles, where both results have them and are of comparable machines), s, or
            instructions
    ratio   new ÷ base; missing where only one result has the case
    low     the lower bound of the ratio's 95 % interval and, in high, the upper one; the ratio
            itself for exact counts; missing where there is no test
    p       the p-value of no difference, adjusted for the number of cases (Benjamini and Hochberg);
            missing where there is no test
    verdict faster or slower (p is at most 0.05); unchanged (the interval lies within the margin,
            even if p is small); inconclusive; for exact counts: fewer instructions, more
            instructions or unchanged; missing or added where only one result has the case
    why     why there is no test, in words; "" where there is one
    ======= ============================================================================

    Two results of different kinds of evidence, or of different processors, are compared all the
    same: `Comparison.comparable` is then false.
    """
    found = differences(base, new)
    same_machine = not any(difference.matters for difference in found)
    how = overlap(base, new)
    one_core = same_machine and how == IN_TURNS
    groups = [[base, new]] if one_core else [[base], [new]]
    first, second = chain.from_iterable(map(_samples, groups))
    names = list(dict.fromkeys([*first, *second]))
    rows = [
        _row(name, first.get(name), second.get(name), same_machine, base.evidence == "path length")
        for name in names
    ]
    if contended := _always_contended(base, new, one_core) if same_machine else "":
        rows = [row | {"p": np.nan, "why": row["why"] or contended} for row in rows]
    table = _with_verdicts(pd.DataFrame(rows, columns=COLUMNS), margin)
    return Comparison(base, new, margin, found, table, how)


@dataclass(frozen=True)
class _Sample:
    seconds: Numbers  # per operation, one value per process; a number of instructions where exact
    cycles: Numbers  # the same in core cycles; NaN where not known
    contended: bool  # some processes rest on contended values, as too few had others


def _samples(results: Sequence[Result]) -> list[dict[str, _Sample]]:
    """Return the samples of each result by case; several results were measured in turns."""
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
    row |= {"unit": "cycles" if in_cycles else unit, "verdict": INCONCLUSIVE}
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
        return row | {"why": CONTENDED.format("base" if base.contended else "new")}
    return row | _t_test(np.log(first), np.log(second), trim)


def _always_contended(base: Result, new: Result, one_core: bool) -> str:
    """Return why all cases are inconclusive if one result hardly ever was uncontended; else ""."""
    first, second = uncontended_core(base), uncontended_core(new)
    if bool(first) != bool(second):
        return "only one of the two results says whether its core was contended"
    if one_core:
        return ""  # the readings of both together decide it for each value
    for reading in (name for name in first if name in second):
        cycles, others = first[reading], second[reading]
        if max(cycles, others) > CONTENTION_LIMITS[reading] * min(cycles, others):
            base_contended = not cycles or cycles > others > 0
            return f"{CONTENDED.format('base' if base_contended else 'new')} all the time"
    return ""


def _has_odd(values: Numbers | None) -> bool:
    """Tell whether a process is odd, as ODD defines it."""
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
        return found | {"why": "one process shows no variation: measure two or more"}
    if inner_base.var() == 0 and inner_new.var() == 0:
        # Only a clock too coarse for the cost makes all processes agree to the last bit.
        return found | {"why": "all processes agree exactly: the clock is too coarse"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SciPy warns where processes hardly differ
        tested = stats.ttest_ind(new, base, equal_var=False, trim=trim)
    with np.errstate(over="ignore"):  # the bound of two processes far apart is infinite
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
    for more, less, rows in ((SLOWER, FASTER, ~exact), (MORE, FEWER, exact)):
        table.loc[significant & rows & (table["ratio"] > 1), "verdict"] = more
        table.loc[significant & rows & (table["ratio"] < 1), "verdict"] = less
    table.loc[tested & (within | (exact & (table["ratio"] == 1))), "verdict"] = UNCHANGED
    return table
