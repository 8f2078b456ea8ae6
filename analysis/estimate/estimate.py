"""From values to estimates with intervals; the process is the unit of analysis."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple, TypeVar

import numpy as np
import pandas as pd

from ..interval import Interval
from . import resample
from .distribution import shape
from .per_process import KEY, processes
from .resample import CONFIDENCE, RESAMPLES, SEED, Combine
from .sample import SUMMARY, Net, Numbers, Sample, Samples, samples

__all__ = ["CONFIDENCE", "RESAMPLES", "SEED"]

Key = TypeVar("Key", bound=Hashable)

# The share of a floor by which two loops of the same work differ for where they lie: a difference
# of less is no operation's cost (tests/benchmarks/bias.py sees 1 to 2 % at good places).
LOOPS_DIFFER = 0.02

PIECES_DEFINITION = (
    "A value of what one thread does is the median of its pieces of some 50 µs, or of one batch "
    "of changes where that takes longer, that had the core to themselves, as no-ops timed between "
    "them tell, or of all its pieces where there is none."
)
DEFINITION = (
    "Per process the median of "
    "its values, without those that a context switch against the thread's will, a migration or "
    "stolen time contaminated where at least half are clean, and without those beside which "
    "another hardware thread used the core where three processes have others; the estimate is the "
    "median over processes. Interval: 95 %, percentile bootstrap over processes "
    f"({RESAMPLES:,} resamples, fixed seed, as scipy.stats.bootstrap draws them; Efron and "
    "Tibshirani, An Introduction to the Bootstrap, 1993, chapter 13)."
)
EXACT_DEFINITION = "Instruction counts are exact: the shortest boot's count, without interval."


class EvidenceError(ValueError):
    """Say that figures of different kinds of evidence were to be put together."""


def one_evidence(frame: pd.DataFrame) -> str:
    """Return the kind of evidence of a frame, which must be one."""
    kinds = [str(kind) for kind in frame["evidence"].unique()]
    if len(kinds) > 1:
        raise EvidenceError(f"{' and '.join(sorted(kinds))} can't share a figure or a ratio.")
    return kinds[0] if kinds else ""


def estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per case: gross, low, high; floor; net, net_low, net_high.

    gross    seconds or instructions per operation, as measured; low and high its 95 % interval
    values   how many were measured, and left_out how many of these were left out
    crowded  how many of those that were not left out were taken beside another hardware thread that
             used the core: 0, unless too few were taken without
    shape    what the median over processes hides, in words: two modes, a drift over the run; or ""
    floor    the case subtracted, and floor_value what that takes off gross, per operation
    slope    whether the floor is the same loop with fewer of the same operation
    net      gross without its floor; for a slope the difference of two loops by the difference of
             their operations, in which nothing of the loop is left
    resolved whether net can be told from nothing: neither its interval reaches zero, nor is it less
             than the clock's smallest step by the operations of a piece of a value, nor less than
             what two loops of the same work may differ by; where it can't, net may be zero or
             negative and is no figure to print
    cycles   gross in core cycles, cycles_low and cycles_high its 95 % interval; missing where the
             cycles of a process can't be told; net_cycles, net_cycles_low and net_cycles_high
             likewise
    """
    return estimates_of(frame, samples(processes(frame)))


def estimates_of(frame: pd.DataFrame, found: Samples) -> pd.DataFrame:
    """Return the estimates of a frame from its samples."""
    rows = [
        {**dict(zip(KEY, key, strict=True)), **sample.summary()} for key, sample in found.items()
    ]
    table = pd.DataFrame(rows, columns=[*KEY, *SUMMARY])
    table = table.merge(_case_facts(frame), on=KEY, how="left")
    table = _with_gross(table, found)
    table = _with_cycles(table, found)
    table["shape"] = [
        ""
        if sample.exact
        else shape(sample.cycles if sample.has_cycles else sample.values, sample.rounds)
        for sample in (found[key] for key in _keys(table))
    ]
    return _with_net(table, found)


def ratio(
    frame: pd.DataFrame, over: tuple[str, str], under: tuple[str, str], net: bool = False
) -> Interval:
    """Return how many times case `over` costs what `under` does; each is (machine, case).

    Both as measured, or both without their floors; `frame` must hold one kind of evidence.
    """
    evidence = one_evidence(frame)
    wanted = [_with_floor(frame, *place) if net else [place] for place in (over, under)]
    flat = [case for places in wanted for _, case in places]
    found = samples(processes(frame[frame["case"].isin(flat)]))
    first, second = (chosen(found, evidence, places) for places in wanted)
    return ratio_of(first, second, same_run=over[0] == under[0])


def chosen(found: Samples, evidence: str, places: Sequence[tuple[str, str]]) -> list[Sample]:
    """Return the samples of these machines and cases."""
    for machine, case in places:
        if (machine, evidence, case) not in found:
            raise KeyError(f"{case} was not measured on {machine}")
    return [found[machine, evidence, case] for machine, case in places]


def ratio_of(over: Sequence[Sample], under: Sequence[Sample], same_run: bool = True) -> Interval:
    """Return the ratio of two samples, each followed by its floor where that is to go.

    Samples of the same run are resampled together where of both the same rounds count.
    """
    every = [*over, *under]
    if len({sample.exact for sample in every}) > 1:
        raise EvidenceError("path length and silicon can't share a figure or a ratio.")
    value = _net_or_gross(over) / _net_or_gross(under)
    if every[0].exact:
        return Interval(value, value, value)
    if min(sample.values.size for sample in every) < 2:
        return Interval(value, processes=1)
    paired = same_run and all(every[0].paired_with(sample) for sample in every)
    data = [*_per_operation(over), *_per_operation(under)]
    low, high = resample.bounds([row[None] for row in data], _RatioOfMedians(len(over)), paired)
    fewest = min(sample.values.size for sample in every)
    return Interval(value, float(low[0]), float(high[0]), fewest)


def ratios(pairs: Sequence[tuple[Sample, Sample]], same_run: bool = True) -> list[Interval]:
    """Return the ratio of each pair, as measured, as `ratio_of` does of one."""
    found = [
        Interval(value, value, value)
        if over.exact
        else Interval(value, processes=min(over.values.size, under.values.size))
        for over, under in pairs
        for value in [over.value / under.value]
    ]
    bounds = _bounds_of_pairs(
        {
            place: Pair(over.values, under.values, same_run and over.paired_with(under))
            for place, (over, under) in enumerate(pairs)
            if not over.exact and min(over.values.size, under.values.size) > 1
        },
        _RatioOfMedians(1),
    )
    for place, (low, high) in bounds.items():
        found[place] = replace(found[place], low=low, high=high)
    return found


def ratios_of(
    over: Iterable[Sequence[float]], under: Iterable[Sequence[float]], exact: bool
) -> Numbers:
    """Return the bounds of the ratio of medians of each pair of samples, a row (low, high) each.

    Both are NaN where a sample has one value, and equal to the ratio where counts are exact.
    """
    pairs = [(np.array(a, float), np.array(b, float)) for a, b in zip(over, under, strict=True)]
    if exact:
        return np.array([[a.min() / b.min()] * 2 for a, b in pairs])
    bounds = _bounds_of_pairs(
        {place: Pair(*pair) for place, pair in enumerate(pairs)}, _RatioOfMedians(1)
    )
    return np.array([bounds[place] for place in range(len(pairs))])


def _net_or_gross(samples: Sequence[Sample]) -> float:
    return Net(*samples).value if len(samples) > 1 else samples[0].value


def _per_operation(samples: Sequence[Sample]) -> list[Numbers]:
    """Return the values of a sample, and its floor's if it follows, per operation of the first."""
    return list(Net(*samples).values) if len(samples) > 1 else [samples[0].values]


def _with_floor(frame: pd.DataFrame, machine: str, case: str) -> list[tuple[str, str]]:
    floors = frame.loc[(frame["machine"] == machine) & (frame["case"] == case), "floor"].unique()
    return [(machine, case), *((machine, str(floor)) for floor in floors if floor)]


def _case_facts(frame: pd.DataFrame) -> pd.DataFrame:
    axes = [column for column in frame.columns if column.startswith("axis_")]
    facts = frame[[*KEY, "family", "benchmark", "group", "floor", "slope", "unit", *axes]]
    facts = facts.drop_duplicates(KEY).copy()
    for column in (*KEY, "family", "benchmark", "group", "floor", "unit"):
        facts[column] = facts[column].astype(str)
    return facts


def _with_gross(table: pd.DataFrame, found: Samples) -> pd.DataFrame:
    of_rows = [found[key] for key in _keys(table)]
    table["gross"] = [sample.value for sample in of_rows]
    inexact = [None if sample.exact else sample.values for sample in of_rows]
    table["low"], table["high"] = _bounds_of_each(inexact)
    return table


def _with_cycles(table: pd.DataFrame, found: Samples) -> pd.DataFrame:
    told = [
        sample.cycles if sample.has_cycles else None
        for sample in (found[key] for key in _keys(table))
    ]
    table["cycles"] = [np.nan if cycles is None else float(np.median(cycles)) for cycles in told]
    table["cycles_low"], table["cycles_high"] = _bounds_of_each(told)
    return table


def _bounds_of_each(samples: Sequence[Numbers | None]) -> tuple[Numbers, Numbers]:
    """Return the bounds of each sample's median, those of equal sizes at once; NaN for none."""
    lows, highs = np.full(len(samples), np.nan), np.full(len(samples), np.nan)
    by_size: dict[int, list[int]] = {}
    for place, sample in enumerate(samples):
        if sample is not None:
            by_size.setdefault(sample.size, []).append(place)
    for places in by_size.values():
        of_one_size = [sample for place in places if (sample := samples[place]) is not None]
        lows[places], highs[places] = resample.bounds([np.stack(of_one_size)], _median, False)
    return lows, highs


def _with_net(table: pd.DataFrame, found: Samples) -> pd.DataFrame:
    nets = {}
    for place, (machine, evidence, case) in enumerate(_keys(table)):
        floor = found.get((machine, evidence, str(table.loc[place, "floor"])))
        if floor is not None:
            nets[place] = Net(found[machine, evidence, case], floor)
    table["floor_value"] = _column(table, {place: net.taken_off for place, net in nets.items()})
    table["net"] = _column(table, {place: net.value for place, net in nets.items()})
    table["net_cycles"] = _column(table, {place: net.cycles for place, net in nets.items()})
    inexact = {place: net for place, net in nets.items() if not net.case.exact}
    in_cycles = {place: net for place, net in inexact.items() if net.has_cycles}
    for name, bounded, pairs in (
        ("net", inexact, {place: net.values for place, net in inexact.items()}),
        ("net_cycles", in_cycles, {place: net.cycle_values for place, net in in_cycles.items()}),
    ):
        low, high = _bounds_of_nets(bounded, pairs)
        table[f"{name}_low"], table[f"{name}_high"] = _column(table, low), _column(table, high)
    told_by_clock = _column(table, {place: net.clock_step for place, net in nets.items()})
    alike = {
        place: 0.0 if net.case.exact or net.case.slope else LOOPS_DIFFER * net.taken_off
        for place, net in nets.items()
    }
    least = told_by_clock.combine(_column(table, alike), max)
    # An interval that is missing, for one process has none, reaches nowhere.
    table["resolved"] = (table["net"] > least) & ~(table["net_low"] <= 0)
    return table


def _column(table: pd.DataFrame, numbers: dict[int, float]) -> pd.Series[float]:
    """Return a column of a table from the numbers of some of its rows; missing in the others."""
    return pd.Series(numbers, index=table.index, dtype="float64")


def _bounds_of_nets(
    nets: dict[int, Net], pairs: dict[int, tuple[Numbers, Numbers]]
) -> tuple[dict[int, float], dict[int, float]]:
    """Return the bounds of differences by place."""
    found = _bounds_of_pairs(
        {
            place: Pair(*pairs[place], net.case.paired_with(net.floor))
            for place, net in nets.items()
        },
        _difference_of_medians,
    )
    lows = {place: low for place, (low, _) in found.items()}
    return lows, {place: high for place, (_, high) in found.items()}


def _keys(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [(str(m), str(e), str(c)) for m, e, c in table[KEY].itertuples(index=False)]


def _median(medians: Sequence[Numbers]) -> Numbers:
    return medians[0]


def _difference_of_medians(medians: Sequence[Numbers]) -> Numbers:
    return medians[0] - medians[1]


@dataclass(frozen=True)
class _RatioOfMedians:
    """The ratio of two medians, each less its floor's where it has one."""

    split: int  # how many of the samples belong to the numerator

    def __call__(self, medians: Sequence[Numbers]) -> Numbers:
        over = np.subtract.reduce(medians[: self.split])
        under = np.subtract.reduce(medians[self.split :])
        return np.asarray(over / under)


class Pair(NamedTuple):
    """Two samples, a figure of which has bounds, and whether they were taken in the same rounds."""

    over: Numbers
    under: Numbers
    paired: bool = False


def _bounds_of_pairs(pairs: Mapping[Key, Pair], combine: Combine) -> dict[Key, tuple[float, float]]:
    """Return the bounds of a figure of each pair of samples, those of equal sizes at once."""
    by_shape: dict[tuple[int, int, bool], list[Key]] = {}
    for key, (over, under, paired) in pairs.items():
        by_shape.setdefault((over.size, under.size, paired), []).append(key)
    found: dict[Key, tuple[float, float]] = {}
    for (_, _, paired), keys in by_shape.items():
        stacked = [np.stack([pairs[key][side] for key in keys]) for side in range(2)]
        lows, highs = resample.bounds(stacked, combine, paired)
        found |= dict(zip(keys, zip(lows.tolist(), highs.tolist(), strict=True), strict=True))
    return found


def side_by_side(table: pd.DataFrame, machines: Sequence[str]) -> pd.DataFrame:
    """Return a row per case with every machine's figure, and its ratio to the first machine's.

    Columns: case; "NAME gross" for each machine; "NAME ratio", "NAME low" and "NAME high" for each
    but the first. `table` is what `estimates` gave, of one kind of evidence.
    """
    exact = one_evidence(table) == "path length"
    order = pd.Index(table["case"].unique(), name="case")
    rows = {name: table[table["machine"] == name].set_index("case") for name in machines}
    base, *others = machines or [""]
    wide = {f"{name} gross": rows[name]["gross"].reindex(order) for name in machines}
    samples = {
        name: {case: np.array(values) for case, values in rows[name]["process_values"].items()}
        for name in machines
    }
    for name in others:
        both = {} if exact else samples[name].keys() & samples[base].keys()
        bounds = _bounds_of_pairs(
            {case: Pair(samples[name][case], samples[base][case]) for case in both},
            _RatioOfMedians(1),
        )
        wide[f"{name} ratio"] = wide[f"{name} gross"] / wide[f"{base} gross"]
        for place, end in enumerate(("low", "high")):
            wide[f"{name} {end}"] = pd.Series(
                {case: bound[place] for case, bound in bounds.items()}, dtype="float64"
            ).reindex(order)
    return pd.DataFrame(wide, index=order).reset_index()
