"""Two results, case by case: the ratio of their costs, its interval, and a verdict in a word."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from itertools import combinations, product
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..estimate.frame import tidy
from ..estimate.machine_names import named
from ..estimate.median_interval import CONFIDENCE
from ..estimate.per_process import processes
from ..estimate.readings import CONTENTION_LIMITS, uncontended_core
from ..reading.bounded_json import ResultError
from ..reading.result import Result
from .comparable import Difference, differences_of
from .pair import ODD, TRIMMED, Side, cost, pair
from .run_overlap import IN_TURNS, SAME_RUN, is_same_run, overlap

FASTER, SLOWER = "faster", "slower"
FEWER, MORE = "fewer instructions", "more instructions"  # likewise, of exact counts
UNCHANGED, INCONCLUSIVE = "unchanged", "inconclusive"
ONLY_MEANS = "the means over processes differ, but the medians can't be told apart"
MISSING, ADDED = "missing", "added"
MARGIN = 0.01  # a smaller share of a cost makes no difference for most purposes
SIGNIFICANT = 1 - CONFIDENCE
# A run's own effect, as a standard deviation: what two runs of the same at different times differ
# by, whatever was measured. On shared hosts 0.3 to 0.9 % were seen (docs/accuracy.md, "What do two
# runs differ by?"); the default holds where it is twice as much.
RUN_EFFECT = 0.02
DEFINITION = (
    "Each process contributes the median of its values, without those that a report leaves out. "
    "Where two runs took turns, the readings of both decide which values are contended. The ratio "
    "is that of the medians over processes. Its 95 % interval comes from order statistics of both "
    "(Hettmansperger and Sheather, Statistics and Probability Letters 4, 1986; combined as by Zou "
    "and Donner, Statistics in Medicine 27, 2008). Where two runs did not take turns, the effect "
    "that a run has of its own is added to it, from the spread of runs where a side has several "
    "(then Welch's t-test on the medians of runs). A case is called faster or slower where the "
    "interval does not contain 1 and the means over processes differ: by Welch's t-test on the "
    f"logarithms (Biometrika 34, 1947), or, where a process is more than {ODD:.0f} standard "
    "deviations from the median of its run (estimated by the median absolute deviation), by "
    f"Yuen's, which leaves out {TRIMMED:.0%} of the processes at either end (Biometrika 61, 1974). "
    "The expected share of false alarms among all cases called faster or slower is 5 % (Benjamini "
    "and Hochberg, J. R. Stat. Soc. B 57, 1995). The process is the unit, because values of one "
    "process are not independent."
)
DEFINITION_OF_RUNS = (
    "Each process contributes the median of its values, without those that a report leaves out. "
    "Each run contributes the median over its processes. The run is the unit, because processes of "
    "one run share what it has of its own. The ratio is that of the geometric means over runs. Its "
    "95 % interval and p-value are those of Welch's t-test of logarithms (Biometrika 34, 1947). "
    "The expected share of false alarms among all cases called faster or slower is 5 % (Benjamini "
    "and Hochberg, J. R. Stat. Soc. B 57, 1995)."
)
CONTENDED = "the {} result is contended: another hardware thread used its core"
COLUMNS = [
    *("case", "base", "new", "unit", "ratio", "low", "high", "p"),
    *("odd_base", "odd_new", "verdict", "why"),
]


@dataclass(frozen=True)
class Comparison:
    """Two results, or several runs of each side, compared case by case; `compare` makes it."""

    base_runs: tuple[Result, ...]
    new_runs: tuple[Result, ...]
    margin: float
    differences: Sequence[Difference]
    cases: pd.DataFrame  # a row per case, with COLUMNS; see `compare`
    run_overlap: str  # whether the two sides were taken at the same time, as `run_overlap` says
    run_effect: float  # a run's own effect, part of each interval; 0 where none was added

    @property
    def base(self) -> Result:
        """The first run of the base."""
        return self.base_runs[0]

    @property
    def new(self) -> Result:
        """The first run of what is compared with it."""
        return self.new_runs[0]

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
    run_effect: float = RUN_EFFECT,
) -> Comparison:
    """Compare each case of two results, one run each; see `compare_runs`."""
    return compare_runs((base,), (new,), margin, chosen, in_seconds, run_effect)


def compare_runs(
    base: Sequence[Result],
    new: Sequence[Result],
    margin: float = MARGIN,
    chosen: Collection[str] | None = None,
    in_seconds: bool = False,
    run_effect: float = RUN_EFFECT,
) -> Comparison:
    """Compare each case of some runs with that of others; `margin` is a share, as 0.01 for 1 %.

    With `chosen`, only these cases are compared. With `in_seconds`, times are never compared in
    core cycles. `run_effect`, a share, is the standard deviation of a run's own effect: part of
    each interval where both sides have one run and these did not take turns. Where a side has
    several runs, the run is the unit, and their spread shows it.

    The table of cases, `Comparison.cases`, has a row per case that either result measured:

    ======= ============================================================================
    case    the case's name
    base    its cost per operation in the base, in `unit`: the median over processes (of several
            runs the geometric mean of theirs, of exact counts the least); missing where only the
            new result has the case
    new     the same of the new result
    unit    cycles (core cycles, where both results have them and are of comparable machines), s, or
            instructions
    ratio   new ÷ base; missing where only one result has the case
    low     the lower bound of the ratio's 95 % interval and, in high, the upper one; of exact
            counts the bounds within which repeats differ, or the ratio itself; missing where there
            is no test
    p       the p-value of no difference, adjusted for the number of cases (Benjamini and Hochberg);
            missing where there is no test
    odd_*   odd_base and odd_new: odd processes of either side
    verdict faster or slower (p is at most 0.05, and the interval does not contain 1); unchanged
            (the interval lies within the margin, even if p is small); inconclusive; for exact
            counts: fewer instructions, more instructions or unchanged; missing or added where only
            one side has the case
    why     why it is inconclusive, or what to know about the difference; "" for nothing
    ======= ============================================================================

    What makes a case inconclusive, such as contention of one side, leaves its ratio and interval as
    they are. There is a verdict all the same where the whole interval is further from 1 than that
    was ever seen to move a ratio.

    Raises ResultError where one result holds times and the other counts, or where one holds times
    of an emulated machine, which mean nothing. Results of different processors are compared in
    seconds: `Comparison.comparable` is then false.
    """
    every = [*base, *new]
    check_evidence(every)
    if len(every) > 2:
        _refuse_same_runs(every)
    found = differences_of(base, new)
    same_machine = not any(difference.matters for difference in found)
    how = overlap(base, new)
    single = len(every) == 2
    one_core = single and same_machine and how == IN_TURNS
    tables = _by_process(every, one_core)
    first, second = _sides(tables[: len(base)], "base"), _sides(tables[len(base) :], "new")
    if same_machine:
        cores, others = (list(map(uncontended_core, side)) for side in (base, new))
        pairs = [_always_contended(*pair, one_core) for pair in product(cores, others)]
        marked = [next(filter(None, whys), "") for whys in zip(*pairs, strict=True)]
        if any(marked):  # one result is more contended than the other in every case
            first, second = (
                {name: replace(side, contended=why) for name, side in sides.items()}
                for sides, why in zip((first, second), marked, strict=True)
            )
    exact = base[0].evidence == "path length"
    # A case that only one run of each side has is judged as two single runs are.
    effect = 0.0 if exact or how in (IN_TURNS, SAME_RUN) else run_effect
    units = _Units(exact, same_machine and not in_seconds)
    rows = [
        _row(name, first.get(name), second.get(name), units, effect)
        for name in dict.fromkeys([*first, *second])
        if chosen is None or name in chosen
    ]
    table = decided(rows, margin)
    added = effect if single else 0.0
    return Comparison(tuple(base), tuple(new), margin, found, table, how, added)


def check_evidence(results: Sequence[Result]) -> None:
    """Raise ResultError unless all results hold times of real machines, or all hold counts."""
    for result in results:
        if result.evidence == "function":
            raise ResultError(
                f"{result.file} was taken in an emulated machine, whose times mean nothing: "
                "it can't be compared."
            )
    first = results[0]
    for other in results[1:]:
        if other.evidence != first.evidence:
            kinds = {"silicon": "times", "path length": "instruction counts"}
            raise ResultError(
                f"{first.file} holds {kinds[first.evidence]} and {other.file} holds "
                f"{kinds[other.evidence]}: times and counts can't be compared."
            )


def _refuse_same_runs(results: Sequence[Result]) -> None:
    """Raise ResultError where a run is among some runs twice: it would count twice."""
    for one, other in combinations(results, 2):
        if is_same_run(one, other):
            raise ResultError(f"{one.file} and {other.file} are the same run: name it once.")


def _by_process(results: Sequence[Result], one_core: bool) -> list[pd.DataFrame]:
    """Return each result's table of `processes`; with `one_core` they were measured in turns."""
    if not one_core:
        tables = [processes(tidy([result])) for result in results]
    else:
        both = processes(tidy(results, one_core=True))
        tables = [both[both["machine"] == name] for name, _ in named(results)]
    return [table.dropna(subset="value") for table in tables]


def _sides(tables: Sequence[pd.DataFrame], place: str) -> dict[str, Side]:
    """Return one side's figures by case, from a table of `processes` for each of its runs."""
    table = pd.concat([table.assign(run=run) for run, table in enumerate(tables)])
    return {
        str(case): Side(
            rows["value"].to_numpy(float),
            rows["cycles"].to_numpy(float),
            rows["run"].to_numpy(int),
            CONTENDED.format(place) if rows["contended"].any() else "",
            float(rows["least"].min()),
            float(rows["most"].max()),
        )
        for case, rows in table.groupby("case", observed=True, sort=False)
    }


class _Units(NamedTuple):
    """In what costs can be compared."""

    exact: bool  # in instructions
    cycles: bool  # in core cycles, where both sides have them

    def of(self, sides: Iterable[Side]) -> str:
        """Return the unit of a case: instructions, cycles or s."""
        in_cycles = self.cycles and not any(np.isnan(side.cycles).any() for side in sides)
        return "instructions" if self.exact else "cycles" if in_cycles else "s"


def _row(
    name: str, base: Side | None, new: Side | None, units: _Units, run_effect: float
) -> dict[str, object]:
    sides = {place: side for place, side in (("base", base), ("new", new)) if side is not None}
    unit = units.of(sides.values())
    row: dict[str, object] = dict.fromkeys(COLUMNS, np.nan)
    row |= {"case": name, "unit": unit, "why": "", "explained": 1.0}
    if base is not None and new is not None:
        return row | asdict(pair(base, new, unit, run_effect)) | {"verdict": INCONCLUSIVE}
    row |= {place: cost(side, unit) for place, side in sides.items()}
    return row | {"verdict": ADDED if base is None else MISSING}


def _always_contended(
    first: Mapping[str, float], second: Mapping[str, float], one_core: bool
) -> tuple[str, str]:
    """Return for base and new why all of its cases may be contended; "" where they are not.

    `first` and `second` are what `uncontended_core` says of each.
    """
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


def decided(rows: Sequence[Mapping[str, object]], margin: float) -> pd.DataFrame:
    """Return the table of some rows, with a verdict for each that has none yet; see `compare`.

    A row has the fields of `Pair`, of a case that both sides measured.
    """
    table = pd.DataFrame(rows, columns=[*COLUMNS, "explained"])
    from scipy import stats  # noqa: PLC0415 - slow to import: a page of one machine needs none

    tested = table["p"].notna()
    table.loc[tested, "p"] = stats.false_discovery_control(table.loc[tested, "p"].astype(float))
    exact = table["unit"] == "instructions"
    factor = table["explained"]
    clear = (factor == 1.0) | (table["low"] > factor) | (table["high"] < 1 / factor)
    significant = tested & (table["p"] <= SIGNIFICANT)
    apart = (table["low"] > 1) | (table["high"] < 1)
    changed = significant & clear & (apart | exact)
    for more, less, kind in ((SLOWER, FASTER, ~exact), (MORE, FEWER, exact)):
        table.loc[changed & kind & (table["ratio"] > 1), "verdict"] = more
        table.loc[changed & kind & (table["ratio"] < 1), "verdict"] = less
    within = (table["low"] >= 1 - margin) & (table["high"] <= 1 + margin) & (table["why"] == "")
    table.loc[tested & np.where(exact, ~significant, within), "verdict"] = UNCHANGED
    open_ = significant & (table["verdict"] == INCONCLUSIVE) & ~apart & (table["why"] == "")
    table.loc[open_, "why"] = ONLY_MEANS
    return table[COLUMNS]
