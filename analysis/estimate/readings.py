"""Readings taken with each value: one number per value, NaN where nothing was read."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from math import nan

import numpy as np
from numpy.typing import NDArray

from ..reading.process import Process, Readings
from ..reading.result import Result

Numbers = NDArray[np.float64]

# Readings of the CPU's own counters.
COUNTED = (
    "core_cycles",
    "retired_instructions",
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
)
# Noise sources: a value during which one of these is not zero is disturbed.
DISTURBANCES = ("involuntary_switches", "migrations", "steal_seconds")
# The limits of SMT contention and of core-clock calibration are the stop rule's, whose module gives
# their sources and reasons (pkbench/worker/smt_contention.py). A test holds the two equal.
# A reading is contended if a no-op, or an unpredictable branch, takes this many times more, or
# fewer, cycles than on an uncontended core.
NOPS_CONTENDED, BRANCHES_CONTENDED = 1.02, 1.03
# The chain of multiplications must take MULTIPLY_CYCLES times as long as that of additions, within
# TOLERANCE. At least the share LEAST_CONSISTENT of all readings must be consistent so.
MULTIPLY_CYCLES, TOLERANCE, LEAST_CONSISTENT = 3.0, 0.005, 0.1
# Uncontended readings form the lowest cluster that has this share of the largest one's readings.
CLUSTER_SHARE = 1 / 3
CONTENTION_LIMITS = {"nop_cycles": NOPS_CONTENDED, "branch_cycles": BRANCHES_CONTENDED}


def columns(processes: Sequence[Process]) -> dict[str, Numbers]:
    """Return a frame's columns of numbers for all values of some processes, in their order.

    Flags are 0 or 1. The processes are of one result, or of several that were measured in turns on
    one core. Units and missing values are as in `frame.tidy`.
    """
    found = quantities(processes)
    value = np.fromiter(chain.from_iterable(p.values for p in processes), np.float64)
    nothing = np.full(value.size, nan)

    def read(*names: str) -> Numbers:
        return total([found.get(name, nothing) for name in names])

    ticks, nop_cycles, add_seconds = read("ticks"), read("nop_cycles"), read("add_seconds")
    multiply_seconds = read("multiply_seconds")
    trusted = consistent(add_seconds, multiply_seconds)
    uncontended = _uncontended(found, trusted)
    best_nop_cycles = uncontended.get("nop_cycles", 0.0)
    cycle = cycle_seconds(add_seconds, nop_cycles, best_nop_cycles)
    timed = ~np.isnan(add_seconds + multiply_seconds)
    known = timed & (cycle > 0) & (best_nop_cycles > 0 or _mostly_consistent(trusted[timed]))
    marks = [
        contended(found[reading], cycles, CONTENTION_LIMITS[reading])
        for reading, cycles in uncontended.items()
    ]
    return {
        "value": value,
        "cycles": np.divide(value, cycle, where=known, out=nothing.copy()),
        "ticks": np.where(ticks == 0, nan, ticks),  # a worker without a TSC writes 0
        "faults": read("minor_faults", "major_faults"),
        "switches": read("voluntary_switches", "involuntary_switches"),
        "steal": read("steal_seconds"),
        "tlb_shootdowns": read("tlb_shootdowns"),
        "function_call_interrupts": read("function_call_interrupts"),
        **{quantity: read(quantity) for quantity in COUNTED},
        "slowest": read("slowest"),
        "uncontended_share": read("uncontended_share"),
        "least": read("least_instructions"),
        "most": read("most_instructions"),
        "cpu": read("cpu"),
        "disturbed": disturbed({each: read(each) for each in DISTURBANCES}),
        "contended": np.fmax.reduce([nothing, *marks]),
    }


def quantities(processes: Sequence[Process]) -> dict[str, Numbers]:
    """Return each quantity read with the values of some processes, a number per value in order."""
    counts = np.array([len(process.values) for process in processes], dtype=np.int64)
    starts, size = np.cumsum(counts) - counts, int(counts.sum())
    alike: dict[tuple[tuple[str, ...], int], list[int]] = {}
    for place, process in enumerate(processes):
        alike.setdefault((tuple(process.per_value), len(process.values)), []).append(place)
    found: dict[str, Numbers] = {}
    for (names, count), places in alike.items():
        packed = b"".join(_packed(processes[place].per_value) for place in places)
        block = np.frombuffer(packed).reshape(len(places), len(names), count)
        where = starts[places][:, np.newaxis] + np.arange(count)
        for number, name in enumerate(names):
            found.setdefault(name, np.full(size, nan))[where] = block[:, number]
    return found


def _packed(per_value: Mapping[str, Sequence[float]]) -> array[float]:
    """Return the numbers of a process: all of its first quantity, then all of the next."""
    if isinstance(per_value, Readings):
        return per_value.numbers
    return array("d", chain.from_iterable(per_value.values()))


def total(each: Sequence[Numbers]) -> Numbers:
    """Return the sum of the readings of each value, skipping NaN; NaN where all are."""
    read = np.stack(each)
    unread = np.isnan(read)
    return np.where(unread.all(axis=0), nan, np.where(unread, 0.0, read).sum(axis=0))


def disturbed(found: Mapping[str, Numbers]) -> Numbers:
    """Return 1 for values in which a noise source is not zero, else 0; NaN where none was read."""
    return np.minimum(total([np.sign(np.abs(each)) for each in found.values()]), 1.0)


def contended(cycles: Numbers, best_cycles: float, limit: float) -> Numbers:
    """Return 1 for readings that show contention, else 0; NaN where nothing was read.

    `best_cycles` is what an uncontended core takes; if it is 0 (not known), no reading does.
    """
    other = (cycles > limit * best_cycles) | ((cycles > 0) & (cycles < best_cycles / limit))
    return np.where(np.isnan(cycles), nan, other & (best_cycles > 0))


def uncontended_core(result: Result) -> dict[str, float]:
    """Return the core cycles of a no-op and of an unpredictable branch on an uncontended core.

    By the names `nop_cycles` and `branch_cycles`. 0 where the core was hardly ever uncontended; a
    reading that was not taken is left out.
    """
    found = quantities(result.processes)
    unread = np.full(sum(len(process.values) for process in result.processes), nan)
    chains = (found.get(name, unread) for name in ("add_seconds", "multiply_seconds"))
    return _uncontended(found, consistent(*chains))


def _uncontended(found: Mapping[str, Numbers], trusted: NDArray[np.bool_]) -> dict[str, float]:
    return {
        reading: uncontended_cycles(found[reading], trusted, limit)
        for reading, limit in CONTENTION_LIMITS.items()
        if reading in found
    }


def consistent(add_seconds: Numbers, multiply_seconds: Numbers) -> NDArray[np.bool_]:
    """Return for each value whether its core-clock calibration was undisturbed.

    It was if the two chains have the ratio they should have. Chains that were not timed count as
    consistent.
    """
    unread = np.isnan(add_seconds) | np.isnan(multiply_seconds)
    known = ~unread & (add_seconds > 0)
    ratios = np.divide(multiply_seconds, add_seconds, where=known, out=np.full(known.size, np.inf))
    as_expected: NDArray[np.bool_] = np.abs(ratios / MULTIPLY_CYCLES - 1) <= TOLERANCE
    return unread | as_expected


def _mostly_consistent(calibrations: NDArray[np.bool_]) -> bool:
    return bool(calibrations.sum() >= max(1.0, LEAST_CONSISTENT * calibrations.size))


def uncontended_cycles(cycles: Numbers, trusted: NDArray[np.bool_], limit: float) -> float:
    """Return the core cycles of a no-op, or of a branch, without contention; 0 if not known.

    `cycles` are its readings, `trusted` whether the calibration of each was consistent. Readings
    of one cluster differ by a factor of at most `limit`.
    """
    read = ~np.isnan(cycles)
    found = np.sort(cycles[read & trusted])
    ends = np.searchsorted(found, limit * found, side="right")
    sizes = ends - np.arange(found.size)
    least = max(CLUSTER_SHARE * sizes.max(initial=0), LEAST_CONSISTENT * read.sum())
    (starts,) = np.nonzero(sizes >= least)
    return float(np.median(found[starts[0] : ends[starts[0]]])) if starts.size else 0.0


def cycle_seconds(add_seconds: Numbers, nop_cycles: Numbers, best_cycles: float) -> Numbers:
    """Return the seconds of a core cycle: an addition's, corrected where no-ops show contention."""
    if not best_cycles:
        return add_seconds
    return add_seconds * np.fmin(1.0, nop_cycles / best_cycles)
