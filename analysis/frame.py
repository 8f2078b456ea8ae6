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
from .result import Case, Process, Result, read

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
INTEGERS = ("process", "round", "position", "index", "cpu", "loops", "inner_loops")
NUMBERS = ("value", "cycles", "ticks", "faults", "switches", "slowest", "clock_resolution")


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
                 missing where they were not timed, or did not agree (see `cycle`)
    ticks        TSC ticks per operation; missing where there is no TSC
    faults       page faults, minor and major, during the value's loops × inner loops operations
    switches     context switches, voluntary and involuntary, likewise
    slowest      seconds per operation of the slowest thread or process of a crew
    cpu          the CPU it ran on
    loops        loops timed per value
    inner_loops  operations per loop
    clock_resolution  seconds: the smallest step of the clock that took the value; missing where
                 the file does not say
    ============ ======================================================================
    """
    rows = [row for name, result in named(results) for row in _rows(name, result)]
    axes = _axis_columns(results)
    frame = pd.DataFrame(rows, columns=[*CATEGORIES, "slope", *axes, *INTEGERS, *NUMBERS])
    frame["slope"] = frame["slope"].astype("bool")
    for column in CATEGORIES:
        frame[column] = frame[column].astype("category")
    for column in INTEGERS:
        frame[column] = frame[column].astype("Int64")
    for column in NUMBERS:
        frame[column] = frame[column].astype("float64")
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
    # A file has its benchmarks as the schedule came to them: readers want the catalogue's order.
    for process in sorted(result.processes, key=lambda process: order[process.case]):
        number = running[process.case]
        running[process.case] += 1
        shared = _shared(name, result, cases[process.case], process, number)
        for index, value in enumerate(process.values):
            own = {"index": index, "value": value, "cycles": value / cycle(process, index)}
            yield {**shared, **own, **_beside(process, index)}


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
        "inner_loops": process.inner_loops,
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
        "slowest": count("slowest"),
        "cpu": count("cpu"),
    }


# A multiplication takes three cycles on every x86 core with keys, a register addition one (Fog,
# Instruction tables, 2022). Chains further apart than this were disturbed, or the core is another.
MULTIPLY_CYCLES, CHAINS_AGREE = 3.0, 0.02


def cycle(process: Process, index: int) -> float:
    """Return the seconds of a core cycle beside one value; NaN where it can't be told.

    It is what a register addition in a chain took, where in the middle of the process's values a
    multiplication took three times as long.
    """
    adds = process.per_value.get("add_seconds", ())
    multiplies = process.per_value.get("multiply_seconds", ())
    if not adds or not multiplies or min(adds) <= 0:
        return math.nan
    ratio = statistics.median(m / a for a, m in zip(adds, multiplies, strict=True))
    agree = abs(ratio / MULTIPLY_CYCLES - 1) <= CHAINS_AGREE
    return adds[index] if agree else math.nan


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
