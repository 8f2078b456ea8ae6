"""What was read beside the values of a result: a number a value, NaN where nothing was read."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from itertools import chain
from math import nan

import numpy as np
from numpy.typing import NDArray

from .process import Beside, Process
from .result import Result

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
CONTAMINANTS = ("involuntary_switches", "migrations", "steal_seconds")
# A core that takes this many times longer for no-ops than at its best has somebody else on it; the
# best is what this share of all readings are faster than. Both as the stop rule has them.
CROWDED, BEST = 1.02, 0.01
# A multiplication takes three cycles on every x86 core with keys, a register addition one (Fog,
# Instruction tables, 2022). Chains further apart than this were disturbed, or the core is another.
MULTIPLY_CYCLES, CHAINS_AGREE = 3.0, 0.02


def columns(processes: Sequence[Process]) -> dict[str, Numbers]:
    """Return what a frame has of each value of a result's processes; flags are 0 or 1."""
    found = quantities(processes)
    value = np.fromiter(chain.from_iterable(p.values for p in processes), np.float64)
    nothing = np.full(value.size, nan)

    def read(*names: str) -> Numbers:
        return total([found.get(name, nothing) for name in names])

    ticks, nop_cycles, add_seconds = read("ticks"), read("nop_cycles"), read("add_seconds")
    known = (add_seconds > 0) & chains_agree(add_seconds, read("multiply_seconds"))
    return {
        "value": value,
        "cycles": np.divide(value, add_seconds, where=known, out=nothing.copy()),
        "ticks": np.where(ticks == 0, nan, ticks),  # a worker without a TSC writes 0
        "faults": read("minor_faults", "major_faults"),
        "switches": read("voluntary_switches", "involuntary_switches"),
        "steal": read("steal_seconds"),
        "tlb_shootdowns": read("tlb_shootdowns"),
        "function_call_interrupts": read("function_call_interrupts"),
        **{quantity: read(quantity) for quantity in COUNTED},
        "slowest": read("slowest"),
        "alone_share": read("alone_share"),
        "cpu": read("cpu"),
        "contaminated": contaminated({each: read(each) for each in CONTAMINANTS}),
        "crowded": crowded(nop_cycles, best(nop_cycles)),
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
    if isinstance(per_value, Beside):
        return per_value.numbers
    return array("d", chain.from_iterable(per_value.values()))


def total(each: Sequence[Numbers]) -> Numbers:
    """Return the sum of those that were read, NaN where none was."""
    read = np.stack(each)
    unread = np.isnan(read)
    return np.where(unread.all(axis=0), nan, np.where(unread, 0.0, read).sum(axis=0))


def contaminated(found: Mapping[str, Numbers]) -> Numbers:
    """Tell whether something else than the operation is in a value."""
    return np.minimum(total([np.sign(np.abs(each)) for each in found.values()]), 1.0)


def crowded(nop_cycles: Numbers, best: float) -> Numbers:
    """Tell whether somebody else used the core beside a value."""
    slower = (nop_cycles > CROWDED * best) & (best > 0)
    return np.where(np.isnan(nop_cycles), nan, slower)


def best_nop_cycles(result: Result) -> float:
    """Return the core cycles that a no-op takes at best beside a result's values; 0 of none."""
    return best(quantities(result.processes).get("nop_cycles", np.empty(0)))


def best(nop_cycles: Numbers) -> float:
    """Return the core cycles that a no-op takes at best; 0 where none was timed."""
    read = np.sort(nop_cycles[~np.isnan(nop_cycles)])
    return float(read[int(BEST * read.size)]) if read.size else 0.0


def chains_agree(add_seconds: Numbers, multiply_seconds: Numbers) -> bool:
    """Tell whether a core's cycles are known from the chains that were timed beside the values.

    They are, where in the middle of all of them a multiplication took three times as long as a
    register addition: that is a property of the core, and a disturbed chain no reason to doubt it.
    """
    known = (add_seconds > 0) & ~np.isnan(multiply_seconds)
    ratios = multiply_seconds[known] / add_seconds[known]
    return ratios.size > 0 and abs(float(np.median(ratios)) / MULTIPLY_CYCLES - 1) <= CHAINS_AGREE
