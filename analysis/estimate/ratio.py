"""How many times one case costs what another does, with the interval of that ratio."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
import pandas as pd

from ..interval import Interval
from . import resample
from .estimate import EvidenceError, one_evidence
from .per_process import processes
from .resample import Combine, Sampled
from .sample import Net, Numbers, Sample, Samples, samples

# What a ratio divides: a case as measured, or one net of its fixed overhead.
Side = Sample | Net


class Pair(NamedTuple):
    """Two costs of which the ratio is wanted: `over` divided by `under`."""

    over: Side
    under: Side
    same_run: bool = True  # whether their rounds are the same rounds, where their numbers are


def ratio(
    frame: pd.DataFrame, over: tuple[str, str], under: tuple[str, str], net: bool = False
) -> Interval:
    """Return how many times case `over` costs what case `under` does.

    `frame` is as `tidy` gives it; `over` and `under` are each a machine and a case of it. The costs
    are as measured, or with `net` both net of their fixed overhead (floor), where they have one.
    The ratio has no unit; see `ratios` for its interval.

    Raises EvidenceError where the frame holds more than one kind of evidence, and KeyError where a
    case, or with `net` its floor, was not measured.
    """
    evidence = one_evidence(frame)
    places = [(*place, _floor(frame, *place) if net else "") for place in (over, under)]
    wanted = {case for _, *cases in places for case in cases}
    found = samples(processes(frame[frame["case"].isin(wanted)]))
    first, second = (
        side(found, (machine, evidence, case), floor) for machine, case, floor in places
    )
    return ratios([Pair(first, second, same_run=over[0] == under[0])])[0]


def ratios(pairs: Sequence[Pair]) -> list[Interval]:
    """Return the ratio of each pair's estimates, in their order.

    The bounds are those of the 95 % interval: a percentile bootstrap of the ratio of medians over
    processes (see `resample.bounds`). Where all samples of a pair come from the same rounds of the
    same run, they are resampled together: what drifted in both cancels. Exact counts have the ratio
    itself for bounds. A pair with a sample of one process has no bounds. `processes` is the size of
    the smallest sample.

    Raises EvidenceError where a pair divides counts by times or times by counts.
    """
    found = [_without_bounds(pair) for pair in pairs]
    by_split: dict[int, list[int]] = {}
    for place, (pair, interval) in enumerate(zip(pairs, found, strict=True)):
        if (interval.processes or 0) > 1:
            by_split.setdefault(len(_samples(pair.over)), []).append(place)
    for split, places in by_split.items():
        bounds = resample.bounds_of_each(
            [_sampled(pairs[place]) for place in places], _ratio_of_medians(split)
        )
        for place, low, high in zip(places, *bounds, strict=True):
            found[place] = replace(found[place], low=float(low), high=float(high))
    return found


def side(found: Samples, key: tuple[str, str, str], floor: str = "") -> Side:
    """Return one side of a ratio: the case at `key`, net of the case `floor` where one is named.

    `key` is machine, evidence and case. Raises KeyError where one of the two was not measured.
    """
    machine, evidence, case = key
    for each in (case, *([floor] if floor else [])):
        if (machine, evidence, each) not in found:
            raise KeyError(f"{each} was not measured on {machine}")
    return Net(found[key], found[machine, evidence, floor]) if floor else found[key]


def _without_bounds(pair: Pair) -> Interval:
    every = [*_samples(pair.over), *_samples(pair.under)]
    exact = {sample.exact for sample in every}
    if len(exact) > 1:
        raise EvidenceError("path length and silicon can't share a figure or a ratio.")
    value = pair.over.value / pair.under.value
    if exact == {True}:
        return Interval(value, value, value)
    return Interval(value, processes=min(sample.values.size for sample in every))


def _samples(side: Side) -> tuple[Sample, ...]:
    return (side.case, side.floor) if isinstance(side, Net) else (side,)


def _values(side: Side) -> tuple[Numbers, ...]:
    """Return the values whose medians make up a side, per operation of its case."""
    return side.values if isinstance(side, Net) else (side.values,)


def _sampled(pair: Pair) -> Sampled:
    first, *others = (*_samples(pair.over), *_samples(pair.under))
    paired = pair.same_run and all(first.paired_with(sample) for sample in others)
    return Sampled((*_values(pair.over), *_values(pair.under)), paired)


def _ratio_of_medians(split: int) -> Combine:
    """Return the ratio as `resample` takes it: the first `split` medians belong to its numerator.

    On either side the median of the floor, where there is one, is subtracted from the case's.
    """

    def combine(medians: Sequence[Numbers]) -> Numbers:
        over, under = np.subtract.reduce(medians[:split]), np.subtract.reduce(medians[split:])
        return np.asarray(over / under)

    return combine


def _floor(frame: pd.DataFrame, machine: str, case: str) -> str:
    """Return the name of a case's floor; "" where it has none or the frame has no such case."""
    rows = frame.loc[(frame["machine"] == machine) & (frame["case"] == case), "floor"]
    return "" if rows.empty else str(rows.iloc[0])
