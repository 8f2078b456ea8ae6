"""The values of one worker process, validated."""

from __future__ import annotations

from array import array
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import bounded_json, fields
from .bounded_json import ResultError
from .format_history import RENAMED

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
    "least_instructions",
    "most_instructions",
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
    "slowest",
    "add_seconds",
    "multiply_seconds",
    "nop_cycles",
    "branch_cycles",
    "uncontended_share",
)
READINGS = {f"pkbench_{quantity}": quantity for quantity in PER_VALUE}
OWN = (
    "pkbench_round",
    "pkbench_position",
    "pkbench_clock_resolution",
    "pkbench_piece_loops",
    "pkbench_missing",
    "pkbench_counter_scope",
)
# Keys that a run may inherit from its benchmark, and a benchmark from the file.
INHERITED = ("name", "unit", "loops", "inner_loops", *OWN, *READINGS)
READ = (*INHERITED, *(old for old, new in RENAMED.items() if new in INHERITED))
WHOLE = "pkbench_cpu"

Numbers = tuple[float, ...]


class Readings(Mapping[str, Numbers]):
    """The readings of one process, by quantity: a number for each of its values.

    All quantities share one array, because a result has tens of thousands of these.
    """

    __slots__ = ("count", "numbers", "places")

    def __init__(self, places: Mapping[str, int], numbers: array[float], count: int) -> None:
        self.places, self.numbers, self.count = places, numbers, count

    def __getitem__(self, quantity: str) -> Numbers:
        start = self.places[quantity] * self.count
        return tuple(self.numbers[start : start + self.count])

    def __iter__(self) -> Iterator[str]:
        return iter(self.places)

    def __len__(self) -> int:
        return len(self.places)


@dataclass(frozen=True, slots=True)
class Process:
    """The values of one worker process, or for path lengths of one boot."""

    case: str
    values: Numbers  # per operation: seconds, or instructions
    loops: int  # timed per value
    inner_loops: int  # operations per loop
    round: int | None = None  # of the schedule; None where the file does not say
    position: int | None = None  # within that round
    clock_resolution: float | None = None  # seconds: the smallest step of the clock
    piece_loops: int | None = None  # least loops of a piece; None where values have no pieces
    per_value: Mapping[str, Numbers] = field(default_factory=dict)  # quantity: a number per value
    missing: Mapping[str, str] = field(default_factory=dict)  # why a quantity was not read
    counter_scope: str = ""  # "user mode and kernel", "user mode", or "" for no CPU counter


def inherited(*holders: Mapping[str, Any]) -> dict[str, Any]:
    """Return the metadata of nested holders under current keys; a later holder overrides."""
    return {
        RENAMED.get(key, key): holder[key] for holder in holders for key in READ if key in holder
    }


class Reader:
    """Reads the runs of one file; texts that occur many times are parsed once."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._numbers: dict[str, Numbers] = {}
        self._missing: dict[str, Mapping[str, str]] = {}
        self._places: dict[tuple[str, ...], Mapping[str, int]] = {}

    def read(self, case: str, shared: Mapping[str, Any], run: Any) -> Process:
        """Return a run of a case; `shared` is the metadata that it inherits.

        Raises ResultError where the run is invalid.
        """
        if not isinstance(run, dict):
            raise ResultError(
                f"{self._name} is not a pyperf file: a run of {case} is not an object."
            )
        name, metadata = self._name, inherited(shared, fields.mapping(self._name, run, "metadata"))
        values = tuple(self._values(case, run.get("values", [])))
        return Process(
            case=case,
            values=values,
            loops=fields.at_least_one(name, metadata, "loops"),
            inner_loops=fields.at_least_one(name, metadata, "inner_loops"),
            round=fields.optional_integer(name, metadata, "pkbench_round"),
            position=fields.optional_integer(name, metadata, "pkbench_position"),
            clock_resolution=fields.optional_seconds(name, metadata, "pkbench_clock_resolution"),
            piece_loops=fields.optional_integer(name, metadata, "pkbench_piece_loops"),
            per_value=self._readings(case, metadata, len(values)),
            missing=self._reasons(metadata),
            counter_scope=fields.text(metadata, "pkbench_counter_scope"),
        )

    def _values(self, case: str, values: Any) -> Iterator[float]:
        if not isinstance(values, list):
            raise ResultError(f"{self._name} has a run of {case} whose values are not a list.")
        for value in values:
            number = fields.number_of(value)
            if number is None or number <= 0:
                shown = bounded_json.clean(repr(value), 40)
                raise ResultError(f"{self._name} has an impossible value of {case}: {shown}.")
            yield number

    def _readings(
        self, case: str, metadata: Mapping[str, Any], count: int
    ) -> Mapping[str, Numbers]:
        if not count:
            return {}
        keys = tuple([key for key in READINGS if key in metadata])
        numbers = array("d")
        for key in keys:
            text = metadata[key]
            found = self._numbers.get(text) if isinstance(text, str) else None
            if found is None:
                found = self._list(key, text)
            if len(found) != count or (key == WHOLE and not all(map(float.is_integer, found))):
                raise ResultError(f"{self._name}: {key} of {case} is not one number per value.")
            numbers.extend(found)
        if keys not in self._places:
            self._places[keys] = {READINGS[key]: place for place, key in enumerate(keys)}
        return Readings(self._places[keys], numbers, count)

    def _list(self, key: str, text: object) -> Numbers:
        if not isinstance(text, str):
            raise ResultError(f"{self._name}: {key} is not text.")
        listed = bounded_json.parse(f"{self._name}: {key}", text)
        if not isinstance(listed, list) or not fields.are_numbers(listed):
            raise ResultError(f"{self._name}: {key} is not a list of numbers.")
        self._numbers[text] = tuple(map(float, listed))
        return self._numbers[text]

    def _reasons(self, metadata: Mapping[str, Any]) -> Mapping[str, str]:
        """Return by quantity why it was not read."""
        if "pkbench_missing" not in metadata:
            return {}
        text = metadata["pkbench_missing"]
        if not isinstance(text, str) or text not in self._missing:
            found = fields.structure(self._name, metadata, "pkbench_missing", dict)
            self._missing[text] = {
                quantity: fields.text_of(reason) for quantity, reason in found.items()
            }
        return self._missing[text]
