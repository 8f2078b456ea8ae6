"""A result file as pkbench writes it, checked."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import document
from .document import ResultError

SCHEMA = 1
EVIDENCE = ("silicon", "path length", "function")
STATES = ("measured", "skipped", "failed")
UNITS = {"silicon": "second", "function": "second", "path length": "integer"}
CASE_NAME = re.compile(r"[\w.+-]+/[\w.+-]+(/[a-z][a-z0-9_-]*:[\w.,+-]+)*", re.ASCII)
LONGEST_CASE_NAME = 200


@dataclass(frozen=True)
class Finding:
    """What doctor found about one thing that may spoil a measurement."""

    check: str
    status: str
    evidence: str = ""
    effect: str = ""
    fix: str = ""
    undo: str = ""
    no_fix: str = ""  # why nothing mends it, and what a person can do instead


@dataclass(frozen=True)
class Case:
    """One case that was asked for, with the state it ended in."""

    name: str
    family: str
    benchmark: str
    axes: Mapping[str, int | str]
    state: str
    reason: str = ""
    operation: str = ""
    group: str = ""
    floor: str = ""
    slope: bool = False  # the floor is the same loop with fewer of the same operation
    stopped: str = ""
    counts: Mapping[str, float] = field(default_factory=dict)  # what else an operation costs


@dataclass(frozen=True)
class Process:
    """The values of one worker process (of one boot, for path lengths)."""

    case: str
    values: tuple[float, ...]
    loops: int
    inner_loops: int
    round: int | None = None
    position: int | None = None
    clock_resolution: float | None = None  # seconds: the smallest step of the clock
    piece_loops: int | None = None  # of the pieces that a value is the median of; None: it is whole
    per_value: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    missing: Mapping[str, str] = field(default_factory=dict)  # quantity -> why it wasn't read
    counted: str = (
        ""  # what the CPU's counters counted: user mode and kernel, user mode, or nothing
    )


@dataclass(frozen=True)
class Result:
    """One result file: a machine, a kind of evidence, the cases and their processes."""

    path: Path
    evidence: str
    machine: Mapping[str, Any]
    cases: tuple[Case, ...]
    processes: tuple[Process, ...]
    findings: tuple[Finding, ...] = ()
    profile: str = ""
    seed: int | None = None
    command: str = ""
    date: str = ""
    version: str = ""
    rounds: int | None = None
    stopped: str = ""

    @property
    def name(self) -> str:
        """The machine's name."""
        return text_of(self.machine.get("name")) or self.path.name.split(".")[0]


def read(path: str | Path) -> Result:
    """Read and check one result file, plain or gzipped."""
    path = Path(path)
    name = document.clean(str(path))
    root = document.load(path)
    metadata = _pyperf_metadata(name, root)
    evidence = _choice(name, metadata, "pkbench_evidence", EVIDENCE)
    cases = tuple(_cases(name, metadata))
    processes = tuple(_processes(name, root, metadata, evidence, {c.name for c in cases}))
    _states_agree(name, cases, processes)
    return Result(
        path=path,
        evidence=evidence,
        machine=_structure(name, metadata, "pkbench_machine", dict),
        cases=cases,
        processes=processes,
        findings=tuple(_findings(name, metadata)),
        profile=_text(metadata, "pkbench_profile"),
        seed=_optional_integer(name, metadata, "pkbench_seed"),
        command=_text(metadata, "pkbench_command"),
        date=_text(metadata, "pkbench_date"),
        version=_text(metadata, "pkbench_version"),
        rounds=_optional_integer(name, metadata, "pkbench_rounds"),
        stopped=_text(metadata, "pkbench_stopped"),
    )


def text_of(value: object) -> str:
    """Return a scalar of the file as clean text; anything else, and null, as nothing."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return document.clean(str(value)) if isinstance(value, (str, int, float)) else ""


def _pyperf_metadata(name: str, root: Any) -> Mapping[str, Any]:
    if not isinstance(root, dict) or not isinstance(root.get("benchmarks"), list):
        raise ResultError(f"{name} is JSON, but not a pyperf file.")
    if root.get("version") != "1.0":
        raise ResultError(f"{name} is not a pyperf file of format 1.0.")
    metadata = root.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ResultError(f"{name} is not a pyperf file: its metadata is no object.")
    if "pkbench_schema" not in metadata or "pkbench_cases" not in metadata:
        raise ResultError(f"{name} is a pyperf file, but holds no pkbench case.")
    schema = _integer(name, metadata, "pkbench_schema")
    if schema != SCHEMA:
        raise ResultError(f"{name} has result format {schema}; this pkbench reads format {SCHEMA}.")
    return metadata


def _cases(name: str, metadata: Mapping[str, Any]) -> Iterator[Case]:
    seen: set[str] = set()
    for entry in _objects(name, metadata, "pkbench_cases"):
        case = _case_name(name, entry.get("case"))
        if case in seen:
            raise ResultError(f"{name} lists the case {case} twice.")
        seen.add(case)
        yield _case(name, case, entry)


def _case(name: str, case: str, entry: Mapping[str, Any]) -> Case:
    family, benchmark, *points = case.split("/")
    floor = entry.get("floor")
    return Case(
        name=case,
        family=family,
        benchmark=benchmark,
        axes=dict(_point(point) for point in points),
        state=_choice(name, entry, "state", STATES),
        reason=_text(entry, "reason"),
        operation=_text(entry, "operation"),
        group=_text(entry, "group"),
        floor=_case_name(name, floor) if floor else "",
        slope=_flag(name, entry, "slope"),
        stopped=_text(entry, "stopped"),
        counts=dict(_counts(name, case, entry.get("counts", {}))),
    )


def _counts(name: str, case: str, counts: object) -> Iterator[tuple[str, float]]:
    if not isinstance(counts, dict):
        raise ResultError(f"{name}: what is counted of {case} is no object.")
    for what, count in counts.items():
        number = _number(count)
        if number is None or number < 0:
            raise ResultError(f"{name}: what is counted of {case} is no number.")
        yield document.clean(what), number


def _point(text: str) -> tuple[str, int | str]:
    axis, _, value = text.partition(":")
    return axis, int(value) if re.fullmatch(r"[0-9]{1,15}", value) else value


def _case_name(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_CASE_NAME:
        raise ResultError(f"{name} lists a case without a proper name.")
    if not CASE_NAME.fullmatch(value):
        raise ResultError(f"{name} lists {document.clean(value, 80)!r}, which is no case's name.")
    return value


def _findings(name: str, metadata: Mapping[str, Any]) -> Iterator[Finding]:
    if "pkbench_findings" not in metadata:
        return
    for entry in _objects(name, metadata, "pkbench_findings"):
        yield Finding(**{f: _text(entry, f) for f in Finding.__dataclass_fields__})


def _processes(
    name: str, root: Any, metadata: Mapping[str, Any], evidence: str, known: set[str]
) -> Iterator[Process]:
    for benchmark in root["benchmarks"]:
        if not isinstance(benchmark, dict) or not isinstance(benchmark.get("runs"), list):
            raise ResultError(f"{name} is not a pyperf file: a benchmark has no list of runs.")
        inherited = {**metadata, **_object(name, benchmark, "metadata")}
        case = _case_name(name, inherited.get("name"))
        if case not in known:
            raise ResultError(f"{name} has values of {case}, which is not among its cases.")
        if inherited.get("unit", "second") != UNITS[evidence]:
            raise ResultError(f"{name} has {case} in a unit that is not that of {evidence}.")
        for run in benchmark["runs"]:
            process = _process(name, case, inherited, run)
            if process.values:
                yield process


def _process(name: str, case: str, inherited: Mapping[str, Any], run: Any) -> Process:
    if not isinstance(run, dict):
        raise ResultError(f"{name} is not a pyperf file: a run of {case} is no object.")
    metadata = {**inherited, **_object(name, run, "metadata")}
    values = tuple(_values(name, case, run.get("values", [])))
    return Process(
        case=case,
        values=values,
        loops=_at_least_one(name, metadata, "loops"),
        inner_loops=_at_least_one(name, metadata, "inner_loops"),
        round=_optional_integer(name, metadata, "pkbench_round"),
        position=_optional_integer(name, metadata, "pkbench_position"),
        clock_resolution=_optional_seconds(name, metadata, "pkbench_clock_resolution"),
        piece_loops=_optional_integer(name, metadata, "pkbench_piece_loops"),
        per_value=_per_value(name, case, metadata, len(values)),
        missing=_missing(name, metadata),
        counted=_text(metadata, "pkbench_counted"),
    )


def _values(name: str, case: str, values: Any) -> Iterator[float]:
    if not isinstance(values, list):
        raise ResultError(f"{name} has a run of {case} whose values are no list.")
    for value in values:
        number = _number(value)
        if number is None or number <= 0:
            shown = document.clean(repr(value), 40)
            raise ResultError(f"{name} has a value of {case} that can't be measured: {shown}.")
        yield number


PER_VALUE = (
    "ticks",
    "minor_faults",
    "major_faults",
    "voluntary_switches",
    "involuntary_switches",
    "migrations",
    "cpu",
    "steal_seconds",
    "tlb_shootdowns",
    "function_call_interrupts",
    "core_cycles",
    "retired_instructions",
    "user_instructions",
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
    "slowest",
    "add_seconds",
    "multiply_seconds",
    "nop_cycles",
    "alone_share",
)


def _per_value(
    name: str, case: str, metadata: Mapping[str, Any], count: int
) -> dict[str, tuple[float, ...]]:
    found = {}
    for key in PER_VALUE:
        if count == 0 or f"pkbench_{key}" not in metadata:
            continue
        numbers = [_number(n) for n in _structure(name, metadata, f"pkbench_{key}", list)]
        if len(numbers) != count or None in numbers:
            raise ResultError(f"{name}: pkbench_{key} of {case} is not one number per value.")
        found[key] = tuple(n for n in numbers if n is not None)
    return found


def _missing(name: str, metadata: Mapping[str, Any]) -> dict[str, str]:
    if "pkbench_missing" not in metadata:
        return {}
    found = _structure(name, metadata, "pkbench_missing", dict)
    return {document.clean(quantity): text_of(reason) for quantity, reason in found.items()}


def _states_agree(name: str, cases: tuple[Case, ...], processes: tuple[Process, ...]) -> None:
    with_values = {p.case for p in processes}
    for case in cases:
        if case.state == "measured" and case.name not in with_values:
            raise ResultError(f"{name} says {case.name} was measured, but has no value of it.")


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None


def _structure(name: str, metadata: Mapping[str, Any], key: str, kind: type) -> Any:
    """Return the JSON document that a metadata string holds."""
    text = metadata.get(key)
    if not isinstance(text, str):
        raise ResultError(f"{name}: {key} is missing or no text.")
    value = document.bounded(f"{name}: {key}", document.parse(f"{name}: {key}", text))
    if not isinstance(value, kind):
        raise ResultError(f"{name}: {key} is no JSON {'object' if kind is dict else 'list'}.")
    return value


def _objects(name: str, metadata: Mapping[str, Any], key: str) -> Iterator[Mapping[str, Any]]:
    for entry in _structure(name, metadata, key, list):
        if not isinstance(entry, dict):
            raise ResultError(f"{name}: {key} is no list of objects.")
        yield entry


def _object(name: str, holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    value = holder.get(key, {})
    if not isinstance(value, dict):
        raise ResultError(f"{name} is not a pyperf file: {key} of a benchmark is no object.")
    return value


def _text(holder: Mapping[str, Any], key: str) -> str:
    return text_of(holder.get(key))


def _choice(name: str, holder: Mapping[str, Any], key: str, allowed: tuple[str, ...]) -> str:
    value = holder.get(key)
    if isinstance(value, str) and value in allowed:
        return value
    raise ResultError(f"{name}: {key} is none of {', '.join(allowed)}.")


def _integer(name: str, holder: Mapping[str, Any], key: str) -> int:
    value = holder.get(key)
    # Bounded to what a column of 64-bit integers can hold.
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63:
        return value
    raise ResultError(f"{name}: {key} is no whole number of a sensible size.")


def _optional_integer(name: str, holder: Mapping[str, Any], key: str) -> int | None:
    return None if holder.get(key) is None else _integer(name, holder, key)


def _optional_seconds(name: str, holder: Mapping[str, Any], key: str) -> float | None:
    if holder.get(key) is None:
        return None
    number = _number(holder[key])
    if number is None or number < 0:
        raise ResultError(f"{name}: {key} is no time.")
    return number


def _flag(name: str, holder: Mapping[str, Any], key: str) -> bool:
    value = holder.get(key, False)
    if not isinstance(value, bool):
        raise ResultError(f"{name}: {key} is neither true nor false.")
    return value


def _at_least_one(name: str, holder: Mapping[str, Any], key: str) -> int:
    number = _optional_integer(name, holder, key)
    if number is not None and number < 1:
        raise ResultError(f"{name}: {key} is less than one.")
    return 1 if number is None else number
