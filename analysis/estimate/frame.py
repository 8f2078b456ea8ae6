"""Result files as one tidy frame, a row per value."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ..reading.bounded_json import ResultError
from ..reading.process import Process
from ..reading.result import Case, Result, read
from . import readings
from .machine_names import named
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
    "counter_scope",
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
    "least",
    "most",
)
FLAGS = ("disturbed", "contended")


def load(paths: str | Path | Iterable[str | Path]) -> pd.DataFrame:
    """Read a result file, or several, into one tidy frame; see `tidy` for its columns.

    Raises ResultError, one sentence that names the file, where one can't be read or is invalid.
    """
    several = [paths] if isinstance(paths, str | Path) else paths
    return tidy([read(path) for path in several])


def tidy(results: Sequence[Result], one_core: bool = False) -> pd.DataFrame:
    """Return a row per value of some results, by machine, case, process and time.

    With `one_core` all results were measured in turns on one core. Which values were contended is
    then decided by the readings of all results together: a run that was hardly ever alone on the
    core borrows the others' knowledge of it.

    A column is missing a value (NaN or NA) only where its entry says so.

    ============ ======================================================================
    file         the result file's name
    machine      the machine's name, made unique among these files
    evidence     silicon, path length or function: never put two of them in one figure
    case         family/benchmark/axis:point
    family       the case's family
    benchmark    the case's benchmark
    group        cases of one group are meant to be compared; "" for none
    floor        the case whose cost is subtracted for net costs (its fixed overhead); "" for none
    slope        whether the floor is the same loop with fewer of the same operation
    state        measured or failed: the values of a failed case prove nothing
    axis_NAME    the point on axis NAME (pages: pages of 4 KiB, or of the size that the machine card
                 states; threads: threads), one column per axis; missing where the case has no such
                 axis
    process      number of the worker process within its case, from 0
    round        the schedule's round that the process ran in; missing where the file does not say
    position     the process's place in that round's order; missing where the file does not say
    index        the value's number within its process, from 0
    value        seconds or instructions per operation, fixed overhead included
    unit         s or instructions
    cycles       the value in core cycles per operation, by core-clock calibration: instructions of
                 known latency timed with each value, or no-ops where these were disturbed. Missing
                 where no calibration was timed, or its readings hardly ever agreed
    ticks        ticks of the time-stamp counter (TSC) per operation; missing where there is no TSC
    faults       page faults, minor and major, during the value's loops × inner loops operations;
                 missing where they were not read
    switches     context switches, voluntary and involuntary, during the same; missing likewise
    disturbed    whether something besides the operation is in the value: the measuring thread was
                 switched out involuntarily, it migrated to another CPU, or the hypervisor took the
                 CPU away (stolen time). Missing where none of these was read
    contended    whether another hardware thread used the core during the value, or during the
                 pieces that the value is the median of. Shown by the rate of no-ops (fewer per
                 cycle than on an uncontended core, or seemingly more) or by slower unpredictable
                 branches. Missing where neither was timed
    uncontended_share
                 the share, 0 to 1, of the value's pieces that were uncontended: the value is the
                 median of these, or of all where it is 0. Missing where the value has no pieces
    steal        seconds for which the hypervisor ran others on the value's CPU, from the end of the
                 previous value to the end of this one (likewise the next two). The kernel counts
                 in ticks, mostly of 10 ms. Missing where it can't be read
    tlb_shootdowns
                 interrupts for TLB shootdowns that any CPU received, whichever process caused them;
                 missing where they can't be read
    function_call_interrupts
                 interrupts for a function call on another CPU, shootdowns included; missing
                 likewise
    core_cycles  core cycles per operation by the CPU's own counter. This and the next three also
                 count the reading of the clocks around each batch of loops, and the contended
                 pieces: the value excludes both. Missing where the counter does not exist or may
                 not be read
    retired_instructions
                 instructions retired per operation; missing likewise
    dtlb_load_misses
                 loads per operation that missed all data TLBs, as the kernel defines the event;
                 missing likewise
    page_walk_cycles
                 cycles per operation with a page walk for a load in progress; missing likewise
    counter_share
                 the share, 0 to 1, of the time for which these four were on the CPU's counters.
                 Below 1 they are scaled up by it. Missing likewise
    counter_scope
                 what these four count: "user mode and kernel", "user mode", or "" for nothing
    slowest      seconds per operation of the slowest thread or process of a team; missing where
                 the operation has no team
    cpu          the CPU that the value was measured on; missing where it was not read
    loops        loops timed per value
    piece_loops  the least number of loops in a piece of the value; loops where it has no pieces
    inner_loops  operations per loop
    clock_resolution
                 seconds: the smallest step of the clock that timed the value; missing where the
                 file does not say
    least        of an exact count whose repeats differ: the least instructions per operation that
                 several repeats took. Missing where they agree, and for times
    most         the most that several repeats took; missing likewise
    ============ ======================================================================
    """
    found = [_Measured(*machine) for machine in named(results)]
    by_case = [case for machine in found for case in machine.cases]
    processes = [process for machine in found for process in machine.processes]
    case_of_process = np.repeat(np.arange(len(by_case)), [len(case.processes) for case in by_case])
    process_of_value = np.repeat(np.arange(len(processes)), [len(p.values) for p in processes])
    columns = {
        **_take(_case_columns(by_case, axis_columns(results)), case_of_process[process_of_value]),
        **_take(_process_columns(by_case), process_of_value),
        **_value_columns(found, one_core),
    }
    order = [*CATEGORIES, "slope", *axis_columns(results), *INTEGERS, *NUMBERS, *FLAGS]
    return pd.DataFrame({name: columns[name] for name in order}, copy=False)


@dataclass(frozen=True)
class _MeasuredCase:
    """A case of a machine with its processes, at least one."""

    machine: str
    result: Result
    case: Case
    processes: Sequence[Process]


@dataclass(frozen=True)
class _Measured:
    """What a machine measured.

    A file lists its benchmarks in the schedule's order. `cases` has them in the catalogue's.
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
    """Return columns with the row of each of these places, which may repeat."""
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
        **{axis: points_column([each.case.axes.get(axis[5:]) for each in found]) for axis in axes},
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
        "counter_scope": _categories([process.counter_scope for process in each]),
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


def axis_columns(results: Sequence[Result]) -> list[str]:
    """Return the names of the columns for the axes of some results, sorted."""
    return sorted({f"axis_{axis}" for r in results for c in r.cases for axis in c.axes})


def points_column(points: Sequence[int | str | None]) -> Any:
    """Return a column of points: integers where all are, labels otherwise; NA for None."""
    numbers = [point for point in points if not isinstance(point, str)]
    if len(numbers) == len(points):
        return pd.array(numbers, dtype="Int64")
    labels = [None if point is None else str(point) for point in points]
    return pd.array(labels, dtype="string")


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return a table's rows, each a dictionary by column name."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]
