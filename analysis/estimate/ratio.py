"""How many times one case costs what another does, with the interval of that ratio."""

from __future__ import annotations

import math

import pandas as pd

from ..interval import Interval
from .estimate import EvidenceError, one_evidence
from .median_interval import quotient
from .per_process import processes
from .sample import Net, Sample, Samples, samples

# What a ratio divides: a case as measured, or one net of its fixed overhead.
Side = Sample | Net


def ratio(
    frame: pd.DataFrame, over: tuple[str, str], under: tuple[str, str], net: bool = False
) -> Interval:
    """Return how many times case `over` costs what case `under` does.

    `frame` is as `tidy` gives it; `over` and `under` are each a machine and a case of it. The costs
    are as measured, or with `net` both net of their fixed overhead (floor), where they have one.
    The ratio has no unit; see `of_sides` for its interval.

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
    return of_sides(first, second)


def of_sides(over: Side, under: Side) -> Interval:
    """Return the ratio of two estimates, `over` divided by `under`.

    Its 95 % interval comes from the intervals of both, as those of independent figures: what
    drifted in both during a run widens it. Exact counts have the ratio itself for bounds. Without
    bounds where a side has fewer than six processes, and NaN where `under` is zero; see also
    `median_interval.quotient`. `processes` is the size of the smallest sample.

    Raises EvidenceError where it divides counts by times or times by counts.
    """
    exact = _exact(over)
    if exact != _exact(under):
        raise EvidenceError("path length and silicon can't share a figure or a ratio.")
    if under.value == 0:
        return Interval(math.nan)
    if exact:
        value = over.value / under.value
        return Interval(value, value, value)
    return quotient(over.interval, under.interval)


def side(found: Samples, key: tuple[str, str, str], floor: str = "") -> Side:
    """Return one side of a ratio: the case at `key`, net of the case `floor` where one is named.

    `key` is machine, evidence and case. Raises KeyError where one of the two was not measured.
    """
    machine, evidence, case = key
    for each in (case, *([floor] if floor else [])):
        if (machine, evidence, each) not in found:
            raise KeyError(f"{each} was not measured on {machine}")
    return Net(found[key], found[machine, evidence, floor]) if floor else found[key]


def _exact(side: Side) -> bool:
    return (side.case if isinstance(side, Net) else side).exact


def _floor(frame: pd.DataFrame, machine: str, case: str) -> str:
    """Return the name of a case's floor; "" where it has none or the frame has no such case."""
    rows = frame.loc[(frame["machine"] == machine) & (frame["case"] == case), "floor"]
    return "" if rows.empty else str(rows.iloc[0])
