"""Read and check a profile file, as `pkbench profile` writes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from ..flame.folded import DEEPEST, LONGEST_NAME, Stack
from ..reading import bounded_json
from ..reading.bounded_json import ResultError
from ..reading.fields import number_of, text_of
from ..reading.result import CASE_NAME, LONGEST_CASE_NAME, STATES
from .profile import (
    COUNTED,
    SAMPLED,
    UNPROFILED,
    CaseProfile,
    Instruction,
    Part,
    Profile,
    Quantity,
    Samples,
    Timeline,
)

# pkbench/profiler/document.py says what changed.
SCHEMA = 2
READABLE = (1, 2)
NAME = "profile.json"
JOURNAL = f"{NAME}.journal"  # what is known so far of an unfinished profile
KEY = "pkbench_profile_schema"
MOST_CASES = 2000
HOW = (UNPROFILED, COUNTED, SAMPLED)
RENAMED = {"alone": UNPROFILED}  # of HOW, in files of format 1


def is_profile(path: Path) -> bool:
    """Report whether a path is a profile: a folder of one, or a file with a profile's key."""
    if path.is_dir():
        return any((path / name).is_file() for name in (NAME, JOURNAL))
    try:
        with path.open("rb") as file:
            return KEY.encode() in file.read(200)
    except OSError:
        return False


def read(path: str | Path) -> Profile:
    """Return the profile in a file or in its folder; raise ResultError where it is not valid."""
    path = Path(path)
    if path.is_dir():
        path /= NAME
    name = bounded_json.clean(str(path))
    if not path.exists() and path.with_name(JOURNAL).exists():
        folder = bounded_json.clean(str(path.parent))
        raise ResultError(
            f"{folder} holds an unfinished profile. To finish it, repeat its command with "
            f"--resume -o {folder}."
        )
    root = bounded_json.load(path)
    if not isinstance(root, dict) or KEY not in root:
        raise ResultError(f"{name} is JSON, but not a profile of pkbench.")
    if root[KEY] not in READABLE or isinstance(root[KEY], bool):
        shown = bounded_json.clean(str(root[KEY]), 40)
        raise ResultError(f"{name} has profile format {shown}; this pkbench reads up to {SCHEMA}.")
    root = bounded_json.bounded(name, root)
    entries = _list(name, root, "cases")
    if len(entries) > MOST_CASES:
        raise ResultError(f"{name} has more than {MOST_CASES:,} cases.")
    cases = tuple(_case(name, entry) for entry in entries)
    if len({case.case for case in cases}) < len(cases):
        raise ResultError(f"{name} has the same case twice.")
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
        raise ResultError(f"{name} has a case that is not an object.")
    case = entry.get("case")
    if not isinstance(case, str) or len(case) > LONGEST_CASE_NAME or not CASE_NAME.fullmatch(case):
        raise ResultError(f"{name} has a case without a valid name.")
    where = f"{name}: {case}"
    state = entry.get("state")
    if state not in STATES:
        raise ResultError(f"{where} has no valid state.")
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
            raise ResultError(f"{where} has a time that is not valid.")
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
            raise ResultError(f"{where} has a stack that is not valid.")
        count, *places = entry
        if max(places) >= len(names):
            raise ResultError(f"{where} has a stack with an unnamed function.")
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
        raise ResultError(f"{where} has an empty timeline.")
    if any(not (part.lane < len(lanes) and part.start <= part.end <= length) for part in parts):
        raise ResultError(f"{where} has a timeline with a part outside its limits.")
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
        raise ResultError(f"{where} has an entry that is not an object.")
    return value


def _object(where: str, holder: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    return _is_object(where, holder.get(key, {}))


def _list(where: str, holder: Mapping[str, Any], key: str) -> list[Any]:
    value = holder.get(key, [])
    if not isinstance(value, list):
        raise ResultError(f"{where}: {key} is not a list.")
    return value


def _count(where: str, holder: Mapping[str, Any], key: str) -> int:
    value = holder.get(key, 0)
    if type(value) is not int or not 0 <= value < 2**53:
        raise ResultError(f"{where}: {key} is not a valid count.")
    return value


def _number(where: str, holder: Mapping[str, Any], key: str) -> float:
    number = number_of(holder.get(key))
    if number is None:
        raise ResultError(f"{where}: {key} is not a number.")
    return number
