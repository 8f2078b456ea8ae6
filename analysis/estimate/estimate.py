"""From values to estimates with intervals; the process is the unit of analysis."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import pandas as pd

from ..interval import ENOUGH_PROCESSES, Interval
from .distribution import shape
from .median_interval import of_median
from .per_process import KEY, processes
from .sample import SUMMARY, Net, Numbers, Samples, samples

# Two loops of the same work may differ by this share of a floor, because of where they lie in
# memory. A smaller difference is not the cost of an operation (tests/benchmarks/bias.py sees 1 to
# 2 % at good places).
LOOPS_DIFFER = 0.02

PIECES_DEFINITION = (
    "A value of a single-threaded case is the median of its pieces: timed stretches of about "
    "50 µs, or of one batch of changes where that takes longer. Only pieces that had the core to "
    "themselves count, judged by no-ops timed between them. Where there is none, all pieces count."
)
DEFINITION = (
    "Each process contributes the median of its values. Disturbed values (an involuntary context "
    "switch, a migration or steal time) are left out where at least half of the process's values "
    "are undisturbed. Contended values (another hardware thread used the core) are left out where "
    "at least three processes have uncontended ones. The estimate is the median over processes. "
    "Its 95 % interval comes from order statistics of the processes, which hold whatever their "
    "distribution is (Hettmansperger and Sheather, Statistics and Probability Letters 4, 1986). "
    f"Fewer than {ENOUGH_PROCESSES} processes have no interval."
)
EXACT_DEFINITION = (
    "Instruction counts are exact. The count of the shortest boot is given, without an interval."
)


class EvidenceError(ValueError):
    """Say that figures of different kinds of evidence can't be combined."""


def one_evidence(frame: pd.DataFrame) -> str:
    """Return the one kind of evidence of a frame; "" for a frame without rows.

    Raises EvidenceError where there are several.
    """
    kinds = [str(kind) for kind in frame["evidence"].unique()]
    if len(kinds) > 1:
        raise EvidenceError(f"{' and '.join(sorted(kinds))} can't share a figure or a ratio.")
    return kinds[0] if kinds else ""


def estimates(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a row per measured case, from a frame as `tidy` gives it.

    Costs are per operation: in seconds, or in instructions for evidence `path length`. Intervals
    are 95 %, over processes (see `DEFINITION`). Bounds are missing for exact counts and for fewer
    than six processes.

    ============== ====================================================================
    machine        the machine's name; evidence, case, family, benchmark, group, floor, slope, unit
                   and axis_NAME likewise are as in `tidy`
    processes      how many processes the estimate rests on
    values         how many values were measured
    left_out       how many of these were left out, as disturbed or contended
    contended      how many of the remaining values were contended: another hardware thread used the
                   core; 0 unless too few values were uncontended
    inner_loops    operations per loop
    smallest       the smallest and, in largest, the largest of the processes' medians
    process_values the processes' medians, as a tuple; by round where each has a round of its own
    gross          the cost as measured; low and high are its interval
    cycles         gross in core cycles; cycles_low and cycles_high are its interval. Missing where
                   the cycles of a process are not known
    shape          what the median over processes hides, in words: two modes, or a drift over the
                   run; "" for nothing
    floor_value    the overhead subtracted from gross, in the same unit; missing, like all below,
                   where the case has no floor or the floor was not measured
    net            gross net of fixed overhead. For a slope: the difference of two loops divided by
                   the difference of their numbers of operations, in which no loop overhead remains.
                   net_low and net_high are its interval
    net_cycles     net in core cycles; net_cycles_low and net_cycles_high are its interval. Missing
                   where the cycles of a process of either are not known
    resolved       whether net is distinguishable from zero (never missing). Its interval must not
                   reach zero. It must exceed the clock's smallest step divided by the operations of
                   a value's piece. It must exceed what two loops of the same work may differ by
                   (2 % of the floor). If false, net may be negative: do not print it
    ============== ====================================================================
    """
    return estimates_of(frame, samples(processes(frame)))


def estimates_of(frame: pd.DataFrame, found: Samples) -> pd.DataFrame:
    """Return the estimates of a frame whose samples are known already; see `estimates`."""
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
    table["low"], table["high"] = _bounds(
        [None if sample.exact else sample.interval for sample in of_rows]
    )
    return table


def _with_cycles(table: pd.DataFrame, found: Samples) -> pd.DataFrame:
    of_rows = (found[key] for key in _keys(table))
    medians = [of_median(sample.cycles) if sample.has_cycles else None for sample in of_rows]
    table["cycles"] = [np.nan if cycles is None else cycles.value for cycles in medians]
    table["cycles_low"], table["cycles_high"] = _bounds(medians)
    return table


def _with_net(table: pd.DataFrame, found: Samples) -> pd.DataFrame:
    floors = [
        found.get((machine, evidence, str(floor)))
        for (machine, evidence, _), floor in zip(_keys(table), table["floor"], strict=True)
    ]
    nets = [
        None if floor is None else Net(found[key], floor)
        for key, floor in zip(_keys(table), floors, strict=True)
    ]
    intervals = [None if net is None else net.interval for net in nets]
    in_cycles = [None if net is None or not net.has_cycles else net.cycles for net in nets]
    table["floor_value"] = _numbers(nets, lambda net: net.subtracted)
    table["net"] = [np.nan if each is None else each.value for each in intervals]
    table["net_low"], table["net_high"] = _bounds(
        [
            None if net is None or net.case.exact else each
            for net, each in zip(nets, intervals, strict=True)
        ]
    )
    table["net_cycles"] = [np.nan if each is None else each.value for each in in_cycles]
    table["net_cycles_low"], table["net_cycles_high"] = _bounds(in_cycles)
    least = np.fmax(_numbers(nets, lambda net: net.clock_step), _numbers(nets, _loops_differ))
    # Too few processes have no interval: then the figure alone decides.
    table["resolved"] = (table["net"] > least) & ~(table["net_low"] <= 0)
    return table


def _loops_differ(net: Net) -> float:
    """Return by how much two loops of the same work may differ, per operation; 0 where exact."""
    return 0.0 if net.case.exact or net.case.slope else LOOPS_DIFFER * net.subtracted


def _numbers(nets: Sequence[Net | None], quantity: Callable[[Net], float]) -> Numbers:
    """Return a quantity of each net cost; NaN for None."""
    return np.array([np.nan if net is None else quantity(net) for net in nets], dtype=np.float64)


def _bounds(found: Sequence[Interval | None]) -> tuple[Numbers, Numbers]:
    """Return the bounds of each interval; NaN for None, and for an interval without bounds."""
    ends = [(None, None) if each is None else (each.low, each.high) for each in found]
    low, high = np.array(ends, dtype=np.float64).reshape(-1, 2).T
    return low, high


def _keys(table: pd.DataFrame) -> list[tuple[str, str, str]]:
    return [(str(m), str(e), str(c)) for m, e, c in table[KEY].itertuples(index=False)]
