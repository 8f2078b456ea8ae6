"""The values of one worker process, checked."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from . import document, fields
from .document import ResultError

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
    "dtlb_load_misses",
    "page_walk_cycles",
    "counter_share",
    "slowest",
    "add_seconds",
    "multiply_seconds",
    "nop_cycles",
    "alone_share",
)


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


def read(name: str, case: str, inherited: Mapping[str, Any], run: Any) -> Process:
    """Return a run of a case; `inherited` is what the file and the benchmark say of all."""
    if not isinstance(run, dict):
        raise ResultError(f"{name} is not a pyperf file: a run of {case} is no object.")
    metadata = {**inherited, **fields.mapping(name, run, "metadata")}
    values = tuple(_values(name, case, run.get("values", [])))
    return Process(
        case=case,
        values=values,
        loops=fields.at_least_one(name, metadata, "loops"),
        inner_loops=fields.at_least_one(name, metadata, "inner_loops"),
        round=fields.optional_integer(name, metadata, "pkbench_round"),
        position=fields.optional_integer(name, metadata, "pkbench_position"),
        clock_resolution=fields.optional_seconds(name, metadata, "pkbench_clock_resolution"),
        piece_loops=fields.optional_integer(name, metadata, "pkbench_piece_loops"),
        per_value=_per_value(name, case, metadata, len(values)),
        missing=_missing(name, metadata),
        counted=fields.text(metadata, "pkbench_counted"),
    )


def _values(name: str, case: str, values: Any) -> Iterator[float]:
    if not isinstance(values, list):
        raise ResultError(f"{name} has a run of {case} whose values are no list.")
    for value in values:
        number = fields.number_of(value)
        if number is None or number <= 0:
            shown = document.clean(repr(value), 40)
            raise ResultError(f"{name} has a value of {case} that can't be measured: {shown}.")
        yield number


def _per_value(
    name: str, case: str, metadata: Mapping[str, Any], count: int
) -> dict[str, tuple[float, ...]]:
    found = {}
    for key in PER_VALUE:
        if count == 0 or f"pkbench_{key}" not in metadata:
            continue
        numbers = [
            fields.number_of(n) for n in fields.structure(name, metadata, f"pkbench_{key}", list)
        ]
        if len(numbers) != count or None in numbers:
            raise ResultError(f"{name}: pkbench_{key} of {case} is not one number per value.")
        found[key] = tuple(n for n in numbers if n is not None)
    return found


def _missing(name: str, metadata: Mapping[str, Any]) -> dict[str, str]:
    if "pkbench_missing" not in metadata:
        return {}
    found = fields.structure(name, metadata, "pkbench_missing", dict)
    return {document.clean(quantity): fields.text_of(reason) for quantity, reason in found.items()}
