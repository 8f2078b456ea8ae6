"""What was read beside the values of a result: a number a value, NaN where nothing was read."""

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

# What the CPU's own counters say.
COUNTED = (
    "core_cycles",
    "retired_instructions",
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
)
# What contaminates a value during which it is not zero.
DISTURBANCES = ("involuntary_switches", "migrations", "steal_seconds")
# When somebody else has been on the core, and what a cycle is, all as the stop rule has it, with
# the sources and the reasons (pkbench/crowding.py): no-ops, or branches that can't be predicted,
# that seem to take this many times longer, or shorter, than on a core alone; chains of
# multiplications and of additions that are further apart than this from three to one; the share of
# them that must not be; how large a crowd of readings must be, by the largest, to be those of a
# core alone.
NOPS_CONTENDED, BRANCHES_CONTENDED = 1.02, 1.03  # of no-ops, of branches
MULTIPLY_CYCLES, AGREE, LEAST_AGREEING = 3.0, 0.005, 0.1
CROWD = 1 / 3
CONTENTION_LIMITS = {"nop_cycles": NOPS_CONTENDED, "branch_cycles": BRANCHES_CONTENDED}


def columns(processes: Sequence[Process]) -> dict[str, Numbers]:
    """Return what a frame has of each value of a result's processes; flags are 0 or 1."""
    found = quantities(processes)
    value = np.fromiter(chain.from_iterable(p.values for p in processes), np.float64)
    nothing = np.full(value.size, nan)

    def read(*names: str) -> Numbers:
        return total([found.get(name, nothing) for name in names])

    ticks, nop_cycles, add_seconds = read("ticks"), read("nop_cycles"), read("add_seconds")
    multiply_seconds = read("multiply_seconds")
    agreeing = agree(add_seconds, multiply_seconds)
    alone = _uncontended(found, agreeing)
    best_nop_cycles = alone.get("nop_cycles", 0.0)
    cycle = cycle_seconds(add_seconds, nop_cycles, best_nop_cycles)
    timed = ~np.isnan(add_seconds + multiply_seconds)
    known = timed & (cycle > 0) & (best_nop_cycles > 0 or _mostly_agree(agreeing[timed]))
    marks = [
        contended(found[look], least, CONTENTION_LIMITS[look]) for look, least in alone.items()
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
        "cpu": read("cpu"),
        "disturbed": disturbed({each: read(each) for each in DISTURBANCES}),
        "contended": np.fmax.reduce([nothing, *marks]),
    }


def quantities(processes: Sequence[Process]) -> dict[str, Numbers]:
    """Return each quantity beside all values of some processes, in their order."""
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
    """Return the numbers of a process, those of a quantity next to each other."""
    if isinstance(per_value, Readings):
        return per_value.numbers
    return array("d", chain.from_iterable(per_value.values()))


def total(each: Sequence[Numbers]) -> Numbers:
    """Return the sum of those that were read, NaN where none was."""
    read = np.stack(each)
    unread = np.isnan(read)
    return np.where(unread.all(axis=0), nan, np.where(unread, 0.0, read).sum(axis=0))


def disturbed(found: Mapping[str, Numbers]) -> Numbers:
    """Tell whether something else than the operation is in a value."""
    return np.minimum(total([np.sign(np.abs(each)) for each in found.values()]), 1.0)


def contended(cycles: Numbers, best: float, apart: float) -> Numbers:
    """Tell whether somebody else was on the core beside a value."""
    other = (cycles > apart * best) | ((cycles > 0) & (cycles < best / apart))
    return np.where(np.isnan(cycles), nan, other & (best > 0))


def uncontended_core(result: Result) -> dict[str, float]:
    """Return the core cycles of a no-op, and of a random branch, on a core alone.

    0 where it hardly ever was; those that were not timed are left out.
    """
    found = quantities(result.processes)
    unread = np.full(sum(len(process.values) for process in result.processes), nan)
    agreeing = agree(*(found.get(name, unread) for name in ("add_seconds", "multiply_seconds")))
    return _uncontended(found, agreeing)


def _uncontended(found: Mapping[str, Numbers], agreeing: NDArray[np.bool_]) -> dict[str, float]:
    return {
        look: best(found[look], agreeing, apart)
        for look, apart in CONTENTION_LIMITS.items()
        if look in found
    }


def agree(add_seconds: Numbers, multiply_seconds: Numbers) -> NDArray[np.bool_]:
    """Tell of each value whether the chains beside it took as many cycles as on a core alone.

    Chains that weren't timed can't disagree.
    """
    unread = np.isnan(add_seconds) | np.isnan(multiply_seconds)
    known = ~unread & (add_seconds > 0)
    ratios = np.divide(multiply_seconds, add_seconds, where=known, out=np.full(known.size, np.inf))
    agreeing: NDArray[np.bool_] = np.abs(ratios / MULTIPLY_CYCLES - 1) <= AGREE
    return unread | agreeing


def _mostly_agree(agreeing: NDArray[np.bool_]) -> bool:
    return bool(agreeing.sum() >= max(1.0, LEAST_AGREEING * agreeing.size))


def best(cycles: Numbers, agreeing: NDArray[np.bool_], apart: float) -> float:
    """Return the cycles of a no-op, or branch, on a core alone; 0 where the readings don't tell."""
    read = ~np.isnan(cycles)
    found = np.sort(cycles[read & agreeing])
    ends = np.searchsorted(found, apart * found, side="right")
    sizes = ends - np.arange(found.size)
    least = max(CROWD * sizes.max(initial=0), LEAST_AGREEING * read.sum())
    (starts,) = np.nonzero(sizes >= least)
    return float(np.median(found[starts[0] : ends[starts[0]]])) if starts.size else 0.0


def cycle_seconds(add_seconds: Numbers, nop_cycles: Numbers, best: float) -> Numbers:
    """Return what a core cycle takes: an addition, or less where no-ops show it to be disturbed."""
    if not best:
        return add_seconds
    return add_seconds * np.fmin(1.0, nop_cycles / best)
