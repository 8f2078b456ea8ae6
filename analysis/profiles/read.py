"""A profile file as `pkbench profile` writes it, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..flame.folded import DEEPEST, LONGEST_NAME, Stack
from ..reading import bounded_json
from ..reading.bounded_json import ResultError
from ..reading.fields import number_of, text_of
from ..reading.result import CASE_NAME, LONGEST_CASE_NAME, STATES

# pkbench/profiler/document.py says what changed.
SCHEMA = 2
READABLE = (1, 2)
RENAMED = {"alone": "timed"}  # timings of format 1
NAME = "profile.json"
JOURNAL = f"{NAME}.journal"  # what there is of a profile that isn't finished
KEY = "pkbench_profile_schema"
MOST_CASES = 2000
HOW = ("timed", "counted", "sampled")


@dataclass(frozen=True)
class Quantity:
    """What one operation has of something, or why that isn't known."""

    quantity: str
    per_operation: float | None
    source: str
    reason: str = ""


@dataclass(frozen=True)
class Samples:
    """Where the time went, as perf saw it some thousand times a second."""

    event: str
    frequency: int
    remark: str
    profiler_samples: int  # of work that only the profiler causes; left out of `timed`
    stacks: Mapping[Stack, int]  # all threads
    timed: Mapping[Stack, int]  # the calling thread in the operation

    @property
    def sees_kernel(self) -> bool:
        """Tell whether the kernel was sampled as well: perf's :u is user mode alone."""
        return not self.event.endswith(":u")

    @property
    def by_time(self) -> bool:
        """Tell whether a clock chose the moments: there was no counter of cycles."""
        return self.event.startswith("cpu-clock")


@dataclass(frozen=True)
class Instruction:
    """One instruction of a timed function."""

    address: int
    text: str
    in_loop: bool
    samples: int


@dataclass(frozen=True)
class Part:
    """What one thread did from one moment of an operation to another, in nanoseconds."""

    lane: int
    start: int
    end: int
    kind: str
    text: str


@dataclass(frozen=True)
class Timeline:
    """One operation of several threads."""

    lanes: tuple[str, ...]
    nanoseconds: int
    system_calls: int
    operations: int
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class CaseProfile:
    """What is known of one case."""

    case: str
    operation: str
    state: str
    reason: str
    operations: int
    remark: str
    quantities: tuple[Quantity, ...]
    seconds: Mapping[
        str, float
    ]  # of an operation: timed without a profiler, counted, sampled; medians
    shortest: Mapping[str, float]  # likewise, of the shortest values
    samples: Samples | None
    instructions: tuple[Instruction, ...]
    timeline: Timeline | None
    missing: Mapping[str, str] = field(default_factory=dict)

    def per_operation(self, quantity: str) -> float | None:
        """Return one quantity, or None where it isn't known."""
        found = (each.per_operation for each in self.quantities if each.quantity == quantity)
        return next(found, None)


@dataclass(frozen=True)
class Profile:
    """One profile file: a machine, and cases."""

    path: Path
    machine: Mapping[str, str]
    date: str
    version: str
    command: str
    cases: tuple[CaseProfile, ...]

    @property
    def name(self) -> str:
        """The machine's name."""
        return self.machine.get("name") or self.path.parent.name

    def of(self, case: str) -> CaseProfile | None:
        """Return a case's profile, or None."""
        return next((each for each in self.cases if each.case == case), None)


def is_profile(path: Path) -> bool:
    """Tell whether a path is meant as a profile: its folder, or a file with a profile's key."""
    if path.is_dir():
        return any((path / name).is_file() for name in (NAME, JOURNAL))
    try:
        with path.open("rb") as file:
            return KEY.encode() in file.read(200)
    except OSError:
        return False


def read(path: str | Path) -> Profile:
    """Read and check one profile file, or that in a folder."""
    path = Path(path)
    if path.is_dir():
        path /= NAME
    name = bounded_json.clean(str(path))
    if not path.exists() and path.with_name(JOURNAL).exists():
        folder = bounded_json.clean(str(path.parent))
        raise ResultError(
            f"{folder} holds a profile that is not finished: the command that began it goes on "
            f"with --resume -o {folder}."
        )
    root = bounded_json.load(path)
    if not isinstance(root, dict) or KEY not in root:
        raise ResultError(f"{name} is JSON, but no profile of pkbench.")
    if root[KEY] not in READABLE or isinstance(root[KEY], bool):
        shown = bounded_json.clean(str(root[KEY]), 40)
        raise ResultError(f"{name} has profile format {shown}; this pkbench reads up to {SCHEMA}.")
    root = bounded_json.bounded(name, root)
    entries = _list(name, root, "cases")
    if len(entries) > MOST_CASES:
        raise ResultError(f"{name} has more than {MOST_CASES:,} cases.")
    cases = tuple(_case(name, entry) for entry in entries)
    if len({case.case for case in cases}) < len(cases):
        raise ResultError(f"{name} has a case twice.")
    machine = _object(name, root, "machine")
    return Profile(
        path=path,
        machine={key: text_of(value) for key, value in machine.items()},
        date=text_of(root.get("date")),
        version=text_of(root.get("version")),
        command=text_of(root.get("command")),
        cases=cases,
    )


def _case(name: str, entry: Any) -> CaseProfile:
    if not isinstance(entry, dict):
        raise ResultError(f"{name} has a case that is no object.")
    case = entry.get("case")
    if not isinstance(case, str) or len(case) > LONGEST_CASE_NAME or not CASE_NAME.fullmatch(case):
        raise ResultError(f"{name} has a case without a proper name.")
    where = f"{name}: {case}"
    state = entry.get("state")
    if state not in STATES:
        raise ResultError(f"{where} has no proper state.")
    samples, timeline = entry.get("samples"), entry.get("timeline")
    return CaseProfile(
        case=case,
        operation=text_of(entry.get("operation")),
        state=state,
        reason=text_of(entry.get("reason")),
        operations=_count(where, entry, "operations"),
        remark=text_of(entry.get("remark")),
        quantities=tuple(_quantity(where, each) for each in _list(where, entry, "quantities")),
        seconds=dict(_timings(where, _list(where, entry, "timings"), "seconds")),
        shortest=dict(_timings(where, _list(where, entry, "timings"), "shortest")),
        samples=None if samples is None else _samples(where, samples),
        instructions=tuple(_instruction(where, i) for i in _list(where, entry, "instructions")),
        timeline=None if timeline is None else _timeline(where, timeline),
        missing={key: text_of(why) for key, why in _object(where, entry, "missing").items()},
    )


def _quantity(where: str, entry: Any) -> Quantity:
    found = _is_object(where, entry)
    number = found.get("per_operation")
    return Quantity(
        quantity=text_of(found.get("quantity")),
        per_operation=None if number is None else _number(where, found, "per_operation"),
        source=text_of(found.get("source")),
        reason=text_of(found.get("reason")),
    )


def _timings(where: str, entries: list[Any], which: str) -> Iterator[tuple[str, float]]:
    for entry in entries:
        found = _is_object(where, entry)
        seconds = _number(where, found, which)
        how = RENAMED.get(text_of(found.get("how")), found.get("how"))
        if how not in HOW or seconds <= 0:
            raise ResultError(f"{where} has a time that can't be.")
        yield str(how), seconds


def _samples(where: str, entry: Any) -> Samples:
    found = _is_object(where, entry)
    names = [
        bounded_json.clean(text_of(frame), LONGEST_NAME) or "?"
        for frame in _list(where, found, "frames")
    ]
    return Samples(
        event=text_of(found.get("event")),
        frequency=_count(where, found, "frequency"),
        remark=text_of(found.get("remark")),
        profiler_samples=_count(
            where, found, "profilers_own" if "profilers_own" in found else "profiler_samples"
        ),
        stacks=dict(_stacks(where, _list(where, found, "stacks"), names)),
        timed=dict(_stacks(where, _list(where, found, "timed"), names)),
    )


def _stacks(where: str, entries: list[Any], names: list[str]) -> Iterator[tuple[Stack, int]]:
    for entry in entries:
        whole = isinstance(entry, list) and all(type(n) is int and 0 <= n < 2**53 for n in entry)
        if not whole or not 1 < len(entry) <= DEEPEST:
            raise ResultError(f"{where} has a stack that is none.")
        count, *places = entry
        if max(places) >= len(names):
            raise ResultError(f"{where} has a stack with a function that has no name.")
        yield tuple(names[place] for place in places), count


def _instruction(where: str, entry: Any) -> Instruction:
    found = _is_object(where, entry)
    return Instruction(
        address=_count(where, found, "address"),
        text=text_of(found.get("text")),
        in_loop=found.get("in_loop") is True,
        samples=_count(where, found, "samples"),
    )


def _timeline(where: str, entry: Any) -> Timeline:
    found = _is_object(where, entry)
    lanes = tuple(bounded_json.clean(text_of(lane), 40) for lane in _list(where, found, "lanes"))
    length = _count(where, found, "nanoseconds")
    parts = tuple(_part(where, each) for each in _list(where, found, "parts"))
    if not lanes or not length or len(lanes) > 1000:
        raise ResultError(f"{where} has a timeline of nothing.")
    if any(not (part.lane < len(lanes) and part.start <= part.end <= length) for part in parts):
        raise ResultError(f"{where} has a timeline with a part outside of it.")
    return Timeline(
        lanes,
        length,
        _count(where, found, "system_calls"),
        _count(where, found, "operations"),
        parts,
    )


def _part(where: str, entry: Any) -> Part:
    found = _is_object(where, entry)
    lane, start, end = (_count(where, found, key) for key in ("lane", "start", "end"))
    return Part(
        lane,
        start,
        end,
        bounded_json.clean(text_of(found.get("kind")), 60),
        text_of(found.get("text")),
    )


def _is_object(where: str, value: Any) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise ResultError(f"{where} has an entry that is no object.")
    return value


def _object(where: str, holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _is_object(where, holder.get(key, {}))


def _list(where: str, holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key, [])
    if not isinstance(value, list):
        raise ResultError(f"{where}: {key} is no list.")
    return value


def _count(where: str, holder: Mapping[str, Any], key: str) -> int:
    value = holder.get(key, 0)
    if type(value) is not int or not 0 <= value < 2**53:
        raise ResultError(f"{where}: {key} is no number of things.")
    return value


def _number(where: str, holder: Mapping[str, Any], key: str) -> float:
    number = number_of(holder.get(key))
    if number is None:
        raise ResultError(f"{where}: {key} is no number.")
    return number
