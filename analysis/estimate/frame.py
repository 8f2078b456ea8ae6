"""Result files as one tidy frame, a row a value."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..reading.bounded_json import ResultError
from ..reading.fields import text_of
from ..reading.process import Process
from ..reading.result import Case, Result, read
from . import readings
from .readings import COUNTED

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
OF_A_CASE = ("family", "benchmark", "group", "floor", "state")
INTEGERS = ("process", "round", "position", "index", "cpu", "loops", "piece_loops", "inner_loops")
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
    "uncontended_share",
    "clock_resolution",
)
FLAGS = ("disturbed", "contended")


def load(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Read result files into one tidy frame; see `tidy` for its columns."""
    return tidy([read(path) for path in paths])


def tidy(results: Sequence[Result], one_core: bool = False) -> pd.DataFrame:
    """Return a row per value; `one_core` where all were measured in turns, on the same core.

    What that core does alone is then read from all of them together: what one was spared, or hardly
    ever was, another tells.

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
    cycles       the value in core cycles, calibrated by chains of known latency timed beside it, or
                 by no-ops where these were disturbed; missing where the chains were not timed, or
                 hardly ever agreed
    ticks        TSC ticks per operation; missing where there is no TSC
    faults       page faults, minor and major, during the value's loops × inner loops operations
    switches     context switches, voluntary and involuntary, likewise
    contaminated whether during the value the measuring thread was switched out against its will,
                 ended on another CPU than it began on, or its CPU was stolen by the hypervisor;
                 missing where the file says nothing of these
    crowded      whether somebody else used the core beside the pieces that the value is the median
                 of, or beside the whole of it: another hardware thread, as the CPU issued fewer
                 no-ops a cycle than alone, or seemed to issue more, or took longer for branches
                 that it can't predict; missing where neither was timed
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
    found = [_Measured(*machine) for machine in named(results)]
    by_case = [case for machine in found for case in machine.cases]
    processes = [process for machine in found for process in machine.processes]
    case_of_process = np.repeat(np.arange(len(by_case)), [len(case.processes) for case in by_case])
    process_of_value = np.repeat(np.arange(len(processes)), [len(p.values) for p in processes])
    columns = {
        **_take(_case_columns(by_case, _axis_columns(results)), case_of_process[process_of_value]),
        **_take(_process_columns(by_case), process_of_value),
        **_value_columns(found, one_core),
    }
    order = [*CATEGORIES, "slope", *_axis_columns(results), *INTEGERS, *NUMBERS, *FLAGS]
    return pd.DataFrame({name: columns[name] for name in order}, copy=False)


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
        lambda r: f"{r.name}, {text_of(r.machine.get('kernel')) or r.file}",
        lambda r: f"{r.name}, {r.file}",
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


@dataclass(frozen=True)
class _MeasuredCase:
    """A case of a machine with its processes, of which there is one at least."""

    machine: str
    result: Result
    case: Case
    processes: Sequence[Process]


@dataclass(frozen=True)
class _Measured:
    """What a machine measured.

    A file has its benchmarks as the schedule came to them: readers want the catalogue's order.
    """

    name: str
    result: Result

    @cached_property
    def cases(self) -> list[_MeasuredCase]:
        found: dict[str, list[Process]] = {case.name: [] for case in self.result.cases}
        for process in self.result.processes:
            found[process.case].append(process)
        return [
            _MeasuredCase(self.name, self.result, case, found[case.name])
            for case in self.result.cases
            if found[case.name]
        ]

    @property
    def processes(self) -> list[Process]:
        return [process for case in self.cases for process in case.processes]


Columns = dict[str, Any]


def _take(columns: Columns, places: NDArray[np.int64]) -> Columns:
    """Return columns of which each row stands once for each of its rows below."""
    return {name: column.take(places) for name, column in columns.items()}


def _case_columns(found: Sequence[_MeasuredCase], axes: Sequence[str]) -> Columns:
    facts = {
        "file": [each.result.file for each in found],
        "machine": [each.machine for each in found],
        "evidence": [each.result.evidence for each in found],
        "unit": ["instructions" if _exact(each) else "s" for each in found],
        "case": [each.case.name for each in found],
        **{fact: [getattr(each.case, fact) for each in found] for fact in OF_A_CASE},
    }
    return {
        **{name: _categories(texts) for name, texts in facts.items()},
        "slope": np.array([each.case.slope for each in found], dtype=bool),
        **{axis: _axis([each.case.axes.get(axis[5:]) for each in found]) for axis in axes},
    }


def _exact(found: _MeasuredCase) -> bool:
    return found.result.evidence == "path length"


def _process_columns(found: Sequence[_MeasuredCase]) -> Columns:
    each = [process for case in found for process in case.processes]
    numbers = [number for case in found for number in range(len(case.processes))]
    seconds = [process.clock_resolution for process in each]
    return {
        "process": _whole(numbers),
        "round": _whole([process.round for process in each]),
        "position": _whole([process.position for process in each]),
        "loops": _whole([process.loops for process in each]),
        "piece_loops": _whole([process.piece_loops or process.loops for process in each]),
        "inner_loops": _whole([process.inner_loops for process in each]),
        "counted": _categories([process.counted for process in each]),
        "clock_resolution": np.array(seconds, dtype=np.float64),
    }


def _value_columns(found: Sequence[_Measured], one_core: bool) -> Columns:
    cores = [found] if one_core else [[machine] for machine in found]
    machines = [
        readings.columns([process for machine in core for process in machine.processes])
        for core in cores
    ]
    columns = {
        name: np.concatenate([each[name] for each in machines] or [np.empty(0)])
        for name in (*NUMBERS, "cpu", *FLAGS)
        if name != "clock_resolution"
    }
    counts = [len(process.values) for machine in found for process in machine.processes]
    indices = chain.from_iterable(map(range, counts))
    unread = np.isnan(columns["cpu"])
    cpus = np.where(unread, 0, columns["cpu"]).astype(np.int64)
    return columns | {
        "index": _whole(list(indices)),
        "cpu": pd.arrays.IntegerArray(cpus, unread),
        **{
            flag: pd.arrays.BooleanArray(columns[flag] == 1, np.isnan(columns[flag]))
            for flag in FLAGS
        },
    }


def _categories(texts: Sequence[str]) -> Any:
    return pd.Series(texts, dtype="str").astype("category").array


def _whole(numbers: Sequence[int | None]) -> Any:
    return pd.array(numbers, dtype="Int64")


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
