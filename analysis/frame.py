"""Result files as one tidy frame, a row a value."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pandas as pd

from .document import ResultError
from .process import Process
from .result import Case, Result, read

__all__ = ["Result", "ResultError", "load", "read", "tidy"]

CATEGORIES = (
    "file",
    "machine",
    "evidence",
    "case",
    "family",
    "benchmark",
    "group",
    "floor",
    "state",
    "unit",
    "counted",
)
CASE_FACTS = (
    "machine",
    "evidence",
    "case",
    "family",
    "benchmark",
    "group",
    "floor",
    "slope",
    "state",
    "reason",
    "operation",
)
INTEGERS = ("process", "round", "position", "index", "cpu", "loops", "piece_loops", "inner_loops")
# What the CPU's own counters say.
COUNTED = (
    "core_cycles",
    "retired_instructions",
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
)
NUMBERS = (
    "value",
    "cycles",
    "ticks",
    "faults",
    "switches",
    "steal",
    "tlb_shootdowns",
    "function_call_interrupts",
    *COUNTED,
    "slowest",
    "alone_share",
    "clock_resolution",
)
FLAGS = ("contaminated", "crowded")
# What contaminates a value during which it is not zero.
CONTAMINANTS = ("involuntary_switches", "migrations", "steal_seconds")


def load(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read result files into one tidy frame; see `tidy` for its columns."""
    return tidy([read(path) for path in paths])


def tidy(results: Sequence[Result]) -> pd.DataFrame:
    """Return a row per value.

    ============ ======================================================================
    file         the result file's name
    machine      the machine's name, made unique among these files
    evidence     silicon, path length or function: never put two of them in one figure
    case         family/benchmark/axis:point
    family       the case's family
    benchmark    the case's benchmark
    group        cases with the same group are meant to be compared; "" for none
    floor        the case to subtract for net values; "" for none
    slope        whether the floor is the same loop with fewer of the same operation
    state        measured or failed: the values of a failed case prove nothing
    axis_NAME    the point on axis NAME (pages: pages of 4 KiB or as the machine card says;
                 threads: threads), one column per axis; missing where a case has no such axis
    process      running number of the worker process within its case, from 0
    round        the schedule's round it ran in; missing where the file does not say
    position     its place in the round's order
    index        the value's number within its process, from 0
    value        seconds or instructions per operation, floor included
    unit         s or instructions
    cycles       the value in core cycles, calibrated by chains of known latency timed beside it;
                 missing where they were not timed, or did not agree (see `tells_cycles`)
    ticks        TSC ticks per operation; missing where there is no TSC
    faults       page faults, minor and major, during the value's loops × inner loops operations
    switches     context switches, voluntary and involuntary, likewise
    contaminated whether during the value the measuring thread was switched out against its will,
                 ended on another CPU than it began on, or its CPU was stolen by the hypervisor;
                 missing where the file says nothing of these
    crowded      whether somebody else used the core beside the pieces that the value is the median
                 of, or beside the whole of it: another hardware thread, as the CPU issued fewer
                 no-ops a cycle than at its best in this file; missing where these were not timed
    alone_share  which share of the value's pieces, 0 to 1, had the core to themselves: the value is
                 the median of these, or of all where it is 0; missing where it is whole
    steal        seconds that the hypervisor kept the value's CPU for others, from the end of the
                 value before to the end of this one (likewise the two below), as the kernel counts
                 them: in whole ticks, mostly of 10 ms; missing where they can't be read
    tlb_shootdowns
                 interrupts for TLB shootdowns that any CPU received, whatever process sent them
    function_call_interrupts
                 likewise for calls of a function on another CPU, shootdowns among them
    core_cycles  cycles of the core per operation by the CPU's own counter, as are the three below;
                 these include the reading of the clocks around each batch of loops and the pieces
                 that had to share the core, which the value does not; missing where there is no
                 such counter or it may not be read
    retired_instructions
                 instructions retired per operation
    dtlb_load_misses
                 loads per operation whose page was in no data TLB, as the kernel defines the event
    page_walk_cycles
                 cycles per operation with a page walk for a load under way
    counter_share
                 for how much of its time, 0 to 1, the group of these was on the CPU's counters:
                 where it is less than 1 they are scaled up from it
    counted      what they count: user mode and kernel, or user mode alone; "" for nothing
    slowest      seconds per operation of the slowest thread or process of a crew
    cpu          the CPU it ran on
    loops        loops timed per value
    piece_loops  loops of a piece of a value, at least; those of the value where it is whole
    inner_loops  operations per loop
    clock_resolution  seconds: the smallest step of the clock that took the value; missing where
                 the file does not say
    ============ ======================================================================
    """
    rows = [row for name, result in named(results) for row in _rows(name, result)]
    axes = _axis_columns(results)
    columns = [*CATEGORIES, "slope", *axes, *INTEGERS, *NUMBERS, *FLAGS]
    frame = pd.DataFrame(rows, columns=columns)
    frame["slope"] = frame["slope"].astype("bool")
    for column in CATEGORIES:
        frame[column] = frame[column].astype("category")
    for column in INTEGERS:
        frame[column] = frame[column].astype("Int64")
    for column in NUMBERS:
        frame[column] = frame[column].astype("float64")
    for column in FLAGS:
        frame[column] = frame[column].astype("boolean")
    for column in axes:
        frame[column] = _axis([row.get(column) for row in rows])
    return frame


def cases(machines: Sequence[tuple[str, Result]]) -> pd.DataFrame:
    """Return a row per case that was asked for: what it is, its state and the reason."""
    rows = [
        {
            "machine": name,
            "evidence": result.evidence,
            "case": case.name,
            "family": case.family,
            "benchmark": case.benchmark,
            "group": case.group,
            "floor": case.floor,
            "slope": case.slope,
            "state": case.state,
            "reason": case.reason,
            "operation": case.operation,
            **{f"axis_{axis}": point for axis, point in case.axes.items()},
        }
        for name, result in machines
        for case in result.cases
    ]
    axes = _axis_columns([result for _, result in machines])
    table = pd.DataFrame(rows, columns=[*CASE_FACTS, *axes])
    table["slope"] = table["slope"].astype("bool")
    for column in axes:
        table[column] = _axis([row.get(column) for row in rows])
    return table


def named(results: Sequence[Result]) -> list[tuple[str, Result]]:
    """Pair each result with its machine's name, told apart where two files share one."""
    tellers: tuple[Callable[[Result], str], ...] = (
        lambda r: r.name,
        lambda r: f"{r.name}, {r.machine.get('kernel') or r.path.name}",
        lambda r: f"{r.name}, {r.path.name}",
        lambda r: f"{r.name}, {r.path}",
    )
    names = [_first_unique(r, results, tellers) for r in results]
    repeats = Counter(names)
    seen: Counter[str] = Counter()
    for place, name in enumerate(names):
        seen[name] += 1
        if repeats[name] > 1:
            names[place] = f"{name} ({seen[name]})"
    return list(zip(names, results, strict=True))


def _first_unique(
    result: Result, results: Sequence[Result], tellers: Sequence[Callable[[Result], str]]
) -> str:
    rivals = [r for r in results if r is not result and r.evidence == result.evidence]
    for tell in tellers:
        if tell(result) not in {tell(rival) for rival in rivals}:
            return tell(result)
    return tellers[-1](result)


def _rows(name: str, result: Result) -> Iterator[dict[str, Any]]:
    cases = {case.name: case for case in result.cases}
    order = {name: place for place, name in enumerate(cases)}
    running: Counter[str] = Counter()
    in_cycles = tells_cycles(result)
    most_nop_cycles = CROWDED * best_nop_cycles(result)
    # A file has its benchmarks as the schedule came to them: readers want the catalogue's order.
    for process in sorted(result.processes, key=lambda process: order[process.case]):
        number = running[process.case]
        running[process.case] += 1
        shared = _shared(name, result, cases[process.case], process, number)
        for index, value in enumerate(process.values):
            cycles = _cycles(process, index) if in_cycles else math.nan
            own = {"index": index, "value": value, "cycles": cycles}
            marked = {
                "contaminated": contaminated(process, index),
                "crowded": _crowded(process, index, most_nop_cycles),
            }
            yield {**shared, **own, **_beside(process, index), **marked}


def _shared(name: str, result: Result, case: Case, process: Process, number: int) -> dict[str, Any]:
    return {
        "file": result.path.name,
        "machine": name,
        "evidence": result.evidence,
        "case": case.name,
        "family": case.family,
        "benchmark": case.benchmark,
        "group": case.group,
        "floor": case.floor,
        "slope": case.slope,
        "state": case.state,
        **{f"axis_{axis}": point for axis, point in case.axes.items()},
        "process": number,
        "round": process.round,
        "position": process.position,
        "unit": "instructions" if result.evidence == "path length" else "s",
        "loops": process.loops,
        "piece_loops": process.piece_loops or process.loops,
        "inner_loops": process.inner_loops,
        "counted": process.counted,
        "clock_resolution": process.clock_resolution,
    }


def _beside(process: Process, index: int) -> dict[str, float | None]:
    """Return what was counted beside one value."""

    def count(*keys: str) -> float | None:
        found = [process.per_value[key][index] for key in keys if key in process.per_value]
        return sum(found) if found else None

    return {
        "ticks": count("ticks") or None,  # a worker without a TSC writes 0
        "faults": count("minor_faults", "major_faults"),
        "switches": count("voluntary_switches", "involuntary_switches"),
        "steal": count("steal_seconds"),
        "tlb_shootdowns": count("tlb_shootdowns"),
        "function_call_interrupts": count("function_call_interrupts"),
        **{name: count(name) for name in COUNTED},
        "slowest": count("slowest"),
        "alone_share": count("alone_share"),
        "cpu": count("cpu"),
    }


def contaminated(process: Process, index: int) -> bool | None:
    """Tell whether something else than the operation is in a value; None where nothing says."""
    found = [process.per_value[key][index] for key in CONTAMINANTS if key in process.per_value]
    return any(found) if found else None


# A core that takes this many times longer for no-ops than at its best has somebody else on it; the
# best is what this share of all readings are faster than. Both as the stop rule has them.
CROWDED, BEST = 1.02, 0.01


def best_nop_cycles(result: Result) -> float:
    """Return the core cycles that a no-op takes at best beside a result's values; 0 of none."""
    found = sorted(
        cycles for process in result.processes for cycles in process.per_value.get("nop_cycles", ())
    )
    return found[int(BEST * len(found))] if found else 0.0


def _crowded(process: Process, index: int, most_nop_cycles: float) -> bool | None:
    found = process.per_value.get("nop_cycles", ())
    return found[index] > most_nop_cycles > 0 if found else None


# A multiplication takes three cycles on every x86 core with keys, a register addition one (Fog,
# Instruction tables, 2022). Chains further apart than this were disturbed, or the core is another.
MULTIPLY_CYCLES, CHAINS_AGREE = 3.0, 0.02


def tells_cycles(result: Result) -> bool:
    """Tell whether a core's cycles are known from the chains that were timed beside the values.

    They are, where in the middle of all of them a multiplication took three times as long as a
    register addition: that is a property of the core, and a disturbed chain no reason to doubt it.
    """
    ratios = [
        multiply / add
        for process in result.processes
        for add, multiply in zip(
            process.per_value.get("add_seconds", ()),
            process.per_value.get("multiply_seconds", ()),
            strict=False,
        )
        if add > 0
    ]
    return bool(ratios) and abs(statistics.median(ratios) / MULTIPLY_CYCLES - 1) <= CHAINS_AGREE


def _cycles(process: Process, index: int) -> float:
    """Return a value in core cycles, NaN where no addition was timed beside it."""
    adds = process.per_value.get("add_seconds", ())
    return process.values[index] / adds[index] if adds and adds[index] > 0 else math.nan


def _axis_columns(results: Sequence[Result]) -> list[str]:
    return sorted({f"axis_{axis}" for r in results for c in r.cases for axis in c.axes})


def _axis(points: Sequence[int | str | None]) -> Any:
    """Return an axis as numbers where all its points are, as labels otherwise."""
    numbers = [point for point in points if not isinstance(point, str)]
    if len(numbers) == len(points):
        return pd.array(numbers, dtype="Int64")
    labels = [None if point is None else str(point) for point in points]
    return pd.array(labels, dtype="string")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows, each by column name."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
