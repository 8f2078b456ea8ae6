"""Result files made from numbers, as the analysis reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NO_KEYS = "the CPU has no protection keys (CPUID.7.0:ECX.PKU is clear)"


@dataclass(frozen=True)
class Made:
    """A case and its values: a list per process."""

    case: str
    values: Sequence[Sequence[float]] = ()
    inner_loops: int = 1
    floor: str | None = None
    slope: bool = False
    clock: float | None = None  # seconds: the clock's smallest step
    state: str = "measured"
    reason: str = ""
    group: str | None = None
    rounds: Sequence[int] | None = None
    operation: str = "do it once"
    cycle: float | None = None  # seconds, as the chain of additions tells it
    multiply: float = 3.0  # cycles, as the chain of multiplications tells it
    counts: Mapping[str, float] = field(default_factory=dict)
    beside: Mapping[str, Sequence[Sequence[float]]] = field(default_factory=dict)  # likewise
    missing: Mapping[str, str] = field(default_factory=dict)


def skipped(case: str, reason: str = NO_KEYS) -> Made:
    """Make a case that could not be measured."""
    return Made(case, state="skipped", reason=reason)


def suite(
    cases: Iterable[Made],
    evidence: str = "silicon",
    machine: dict[str, Any] | None = None,
    findings: Sequence[dict[str, str]] = (),
    **metadata: str | int,
) -> dict[str, Any]:
    """Make a whole pyperf suite of pkbench cases."""
    cases = list(cases)
    shared: dict[str, str | int] = {
        "pkbench_schema": 2,
        "pkbench_version": "0.1.0",
        "pkbench_evidence": evidence,
        "pkbench_preset": "quick",
        "pkbench_seed": 42,
        "pkbench_command": "pkbench run --preset quick",
        "pkbench_date": "2026-01-02T03:04:05+00:00",
        "pkbench_machine": json.dumps({"name": "box", "cpu_model": "CPU", **(machine or {})}),
        "pkbench_findings": json.dumps(list(findings)),
        "pkbench_cases": json.dumps([_listed(made) for made in cases]),
        "unit": "integer" if evidence == "path length" else "second",
        **metadata,
    }
    benchmarks = [_benchmark(made) for made in cases if made.values]
    return {"version": "1.0", "metadata": shared, "benchmarks": benchmarks}


def write(path: Path, made: dict[str, Any]) -> Path:
    """Write a suite where the analysis can read it."""
    path.write_text(json.dumps(made))
    return path


def with_keys(made: dict[str, Any], names: Mapping[str, str], schema: int) -> dict[str, Any]:
    """Return a suite in another format, of which some keys have other names."""
    runs = [run for benchmark in made["benchmarks"] for run in benchmark["runs"]]
    for holder in (made, *made["benchmarks"], *runs):
        metadata = holder.get("metadata", {})
        holder["metadata"] = {names.get(key, key): value for key, value in metadata.items()}
    made["metadata"]["pkbench_schema"] = schema
    return made


def _listed(made: Made) -> dict[str, Any]:
    family, benchmark, *points = made.case.split("/")
    return {
        "case": made.case,
        "family": family,
        "benchmark": benchmark,
        "axes": dict(point.split(":") for point in points),
        "operation": made.operation,
        "group": made.group,
        "floor": made.floor,
        "inner_loops": made.inner_loops,
        "slope": made.slope,
        "threads": False,
        "counts": dict(made.counts),
        "state": made.state,
        "reason": made.reason,
    }


def _benchmark(made: Made) -> dict[str, Any]:
    rounds = made.rounds or range(len(made.values))
    runs = [_run(made, place, number) for place, number in enumerate(rounds)]
    metadata = {"name": made.case, "loops": 1000, "inner_loops": made.inner_loops}
    return {"metadata": metadata, "runs": runs}


def _run(made: Made, place: int, number: int) -> dict[str, Any]:
    values = made.values[place]
    metadata: dict[str, Any] = {
        "pkbench_round": number,
        "pkbench_position": 0,
        "pkbench_ticks": json.dumps([0] * len(values)),
        "pkbench_minor_faults": json.dumps([1] * len(values)),
        "pkbench_major_faults": json.dumps([2] * len(values)),
    }
    for quantity, lists in made.beside.items():
        metadata[f"pkbench_{quantity}"] = json.dumps(list(lists[place]))
    if made.missing:
        metadata["pkbench_missing"] = json.dumps(dict(made.missing))
    if made.clock is not None:
        metadata["pkbench_clock_resolution"] = made.clock
    if made.cycle is not None:
        metadata["pkbench_add_seconds"] = json.dumps([made.cycle] * len(values))
        metadata["pkbench_multiply_seconds"] = json.dumps(
            [made.cycle * made.multiply] * len(values)
        )
    return {"metadata": metadata, "warmups": [[1000, 1.0]], "values": list(values)}
