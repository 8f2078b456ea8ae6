"""A result file as pkbench writes it, validated."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from . import bounded_json, fields, format_history, process
from .bounded_json import ResultError
from .process import Process

EVIDENCE = ("silicon", "path length", "function")
STATES = ("measured", "skipped", "failed")
UNITS = {"silicon": "second", "function": "second", "path length": "integer"}
CASE_NAME = re.compile(r"[\w.+-]+/[\w.+-]+(/[a-z][a-z0-9_-]*:[\w.,+-]+)*", re.ASCII)
LONGEST_CASE_NAME = 200
# Each axis becomes a column of a frame, and each value a row.
MOST_AXES, MOST_VALUES = 100, 1_000_000


@dataclass(frozen=True)
class Finding:
    """One check of the doctor: a noise source, or a feature that measuring needs."""

    check: str
    status: str
    evidence: str = ""
    effect: str = ""
    fix: str = ""
    undo: str = ""
    no_fix: str = ""  # why there is no fix, and what to do instead


@dataclass(frozen=True)
class Case:
    """One case that was asked for, with its final state."""

    name: str
    family: str
    benchmark: str
    axes: Mapping[str, int | str]  # the point on each axis
    state: str  # one of STATES
    reason: str = ""  # why it was skipped or failed
    operation: str = ""  # what one operation does, in words
    group: str = ""  # cases of one group are meant to be compared
    floor: str = ""  # the case of its fixed overhead, which is subtracted for net costs
    slope: bool = False  # the floor is the same loop with fewer of the same operation
    stopped: str = ""  # why its measurement ended
    counts: Mapping[str, float] = field(default_factory=dict)  # what else an operation costs


@dataclass(frozen=True)
class Result:
    """One result file: a machine, a kind of evidence, the cases and their processes."""

    path: Path
    evidence: str
    machine: Mapping[str, Any]
    cases: tuple[Case, ...]
    processes: tuple[Process, ...]
    findings: tuple[Finding, ...] = ()
    preset: str = ""
    seed: int | None = None
    command: str = ""
    date: str = ""  # when the run began, in ISO format
    version: str = ""  # of pkbench
    rounds: int | None = None
    stopped: str = ""  # why the run ended
    ended: str = ""  # when the run ended, in ISO format
    seconds: float | None = None  # that the rounds took
    waited_seconds: float | None = None  # of these, spent waiting for other runs' turns
    missed_turns: int | None = None  # turns begun before another run had ended its own

    @property
    def name(self) -> str:
        """The machine's name; the file's where the file names no machine."""
        return fields.text_of(self.machine.get("name")) or self.file.split(".")[0]

    @property
    def file(self) -> str:
        """The file's name, without control characters."""
        return bounded_json.clean(self.path.name)


def read(path: str | Path) -> Result:
    """Read and validate one result file, plain or gzipped, of any readable format.

    Keys of older formats are read under their current names (see `format_history`). Raises
    ResultError, one sentence that names the file, where it can't be read or is invalid.
    """
    path = Path(path)
    name = bounded_json.clean(str(path))
    root = bounded_json.load(path)
    metadata = _pyperf_metadata(name, root)
    evidence = fields.choice(name, metadata, "pkbench_evidence", EVIDENCE)
    cases = tuple(_cases(name, metadata))
    processes = tuple(_processes(name, root, metadata, evidence, {c.name for c in cases}))
    _states_agree(name, cases, processes)
    _slopes_agree(name, cases, processes)
    return Result(
        path=path,
        evidence=evidence,
        machine=fields.structure(name, metadata, "pkbench_machine", dict),
        cases=cases,
        processes=processes,
        findings=tuple(_findings(name, metadata)),
        preset=fields.text(metadata, "pkbench_preset"),
        seed=fields.optional_integer(name, metadata, "pkbench_seed"),
        command=fields.text(metadata, "pkbench_command"),
        date=fields.text(metadata, "pkbench_date"),
        version=fields.text(metadata, "pkbench_version"),
        rounds=fields.optional_integer(name, metadata, "pkbench_rounds"),
        stopped=fields.text(metadata, "pkbench_stopped"),
        ended=fields.text(metadata, "pkbench_ended"),
        seconds=fields.optional_seconds(name, metadata, "pkbench_seconds"),
        waited_seconds=fields.optional_seconds(name, metadata, "pkbench_waited_seconds"),
        missed_turns=fields.optional_integer(name, metadata, "pkbench_missed_turns"),
    )


def _pyperf_metadata(name: str, root: Any) -> Mapping[str, Any]:
    if not isinstance(root, dict) or not isinstance(root.get("benchmarks"), list):
        raise ResultError(f"{name} is JSON, but not a pyperf file.")
    if root.get("version") != "1.0":
        raise ResultError(f"{name} is not a pyperf file of format 1.0.")
    metadata = root.get("metadata", {})
    if not isinstance(metadata, dict):
        raise ResultError(f"{name} is not a pyperf file: its metadata is not an object.")
    if "pkbench_schema" not in metadata or "pkbench_cases" not in metadata:
        raise ResultError(f"{name} is a pyperf file, but holds no pkbench case.")
    schema = fields.integer(name, metadata, "pkbench_schema")
    if schema not in format_history.READABLE:
        raise ResultError(
            f"{name} has result format {schema}; this pkbench reads up to format "
            f"{format_history.CURRENT}."
        )
    return format_history.current(metadata)


def _cases(name: str, metadata: Mapping[str, Any]) -> Iterator[Case]:
    seen: set[str] = set()
    axes: set[str] = set()
    for entry in fields.objects(name, metadata, "pkbench_cases"):
        case = _case_name(name, entry.get("case"))
        if case in seen:
            raise ResultError(f"{name} lists the case {case} twice.")
        seen.add(case)
        listed = _case(name, case, entry)
        axes.update(listed.axes)
        if len(axes) > MOST_AXES:
            raise ResultError(f"{name} has more than {MOST_AXES} axes.")
        yield listed


def _case(name: str, case: str, entry: Mapping[str, Any]) -> Case:
    family, benchmark, *points = case.split("/")
    floor = entry.get("floor")
    axes = dict(_point(point) for point in points)
    if len(axes) < len(points):
        raise ResultError(f"{name} lists {case}, which names an axis twice.")
    return Case(
        name=case,
        family=family,
        benchmark=benchmark,
        axes=axes,
        state=fields.choice(name, entry, "state", STATES),
        reason=fields.text(entry, "reason"),
        operation=fields.text(entry, "operation"),
        group=fields.text(entry, "group"),
        floor=_case_name(name, floor) if floor else "",
        slope=fields.flag(name, entry, "slope"),
        stopped=fields.text(entry, "stopped"),
        counts=dict(_counts(name, case, entry.get("counts", {}))),
    )


def _counts(name: str, case: str, counts: object) -> Iterator[tuple[str, float]]:
    if not isinstance(counts, dict):
        raise ResultError(f"{name}: the counts of {case} are not an object.")
    for what, count in counts.items():
        number = fields.number_of(count)
        if number is None or number < 0:
            raise ResultError(f"{name}: a count of {case} is not a number.")
        yield bounded_json.clean(what), number


def _point(text: str) -> tuple[str, int | str]:
    axis, _, value = text.partition(":")
    return axis, int(value) if re.fullmatch(r"[0-9]{1,15}", value) else value


def _case_name(name: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_CASE_NAME:
        raise ResultError(f"{name} lists a case without a valid name.")
    if not CASE_NAME.fullmatch(value):
        raise ResultError(
            f"{name} lists {bounded_json.clean(value, 80)!r}, which is not a valid case name."
        )
    return value


def _findings(name: str, metadata: Mapping[str, Any]) -> Iterator[Finding]:
    if "pkbench_findings" not in metadata:
        return
    for entry in fields.objects(name, metadata, "pkbench_findings"):
        yield Finding(**{f: fields.text(entry, f) for f in Finding.__dataclass_fields__})


def _processes(
    name: str, root: Any, metadata: Mapping[str, Any], evidence: str, known: set[str]
) -> Iterator[Process]:
    runs = process.Reader(name)
    room = MOST_VALUES
    listed: set[str] = set()
    seen: set[tuple[object, ...]] = set()
    for benchmark in root["benchmarks"]:
        if not isinstance(benchmark, dict) or not isinstance(benchmark.get("runs"), list):
            raise ResultError(f"{name} is not a pyperf file: a benchmark has no list of runs.")
        shared = process.inherited(metadata, fields.mapping(name, benchmark, "metadata"))
        case = _case_name(name, shared.get("name"))
        if case not in known:
            raise ResultError(f"{name} has values of {case}, which is not among its cases.")
        if shared.get("unit", "second") != UNITS[evidence]:
            raise ResultError(
                f"{name} has {case} in a unit that evidence {evidence} does not have."
            )
        if case in listed:
            raise ResultError(f"{name} lists the benchmark {case} twice.")
        listed.add(case)
        for run in benchmark["runs"]:
            found = runs.read(case, shared, run)
            room -= len(found.values)
            if room < 0:
                raise ResultError(f"{name} has more than {MOST_VALUES:,} values.")
            # A merge by hand may hold a process twice, which would then count for two.
            same = (case, found.round, found.values)
            if found.values and (
                evidence == "path length" or found.round is None or same not in seen
            ):
                seen.add(same)
                yield found


def _states_agree(name: str, cases: tuple[Case, ...], processes: tuple[Process, ...]) -> None:
    with_values = {p.case for p in processes}
    for case in cases:
        if case.state == "measured" and case.name not in with_values:
            raise ResultError(f"{name} says that {case.name} was measured, but has no value of it.")


def _slopes_agree(name: str, cases: tuple[Case, ...], processes: tuple[Process, ...]) -> None:
    """Refuse a slope whose loop has no more operations than its floor's."""
    loops: dict[str, set[int]] = {}
    for each in processes:
        loops.setdefault(each.case, set()).add(each.inner_loops)
    for case in cases:
        own, floors = loops.get(case.name), loops.get(case.floor)
        if case.slope and own and floors and min(own) <= max(floors):
            raise ResultError(
                f"{name}: {case.name} has no more operations in a loop than {case.floor}."
            )
