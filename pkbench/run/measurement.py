"""One `pkbench run`, from the request to the result file."""

import json
import os
import secrets
import shlex
import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pkbench.cases.catalogue import Case
from pkbench.doctor import Finding
from pkbench.machine import Machine
from pkbench.resultfile import SCHEMA, Metadata, check_output, read_metadata, write_result
from pkbench.run import by_pyperf
from pkbench.run.journal import Interrupted, Journal, begin, journal_path, read_journal
from pkbench.run.presets import Preset
from pkbench.run.record import Record
from pkbench.run.schedule import Schedule, Step
from pkbench.version import version

# Keys of the journal's first line. A run is only resumed where all of them are the same.
MUST_AGREE = (
    *("version", "preset", "cases"),
    *("machine", "processor", "kernel", "allowed_cpus", "native_build", "orchestrator"),
)


class CpusChanged(Exception):
    """The CPUs to run on changed during the run; the message says how. The journal is kept."""


@dataclass(frozen=True)
class Request:
    """What a run is to do."""

    cases: Sequence[Case]
    preset: Preset
    machine: Machine
    findings: Sequence[Finding]
    output: Path
    seed: int | None = None
    resume: bool = False
    pyperf_options: Sequence[str] | None = None  # None: pkbench's schedule starts the workers

    @property
    def orchestrator(self) -> str:
        """Return the program that starts the workers, with its options."""
        options = self.pyperf_options
        return "pkbench" if options is None else shlex.join(["pyperf", *options])


def measure(request: Request, progress: Callable[[Step], None]) -> Record:
    """Measure, write the result and return what became of each case.

    The journal keeps what was measured, whatever ends the run. Raise OutputError where the result
    can't be written, ResumeError or JournalError where the journal can't be used, Interrupted on
    Ctrl-C and CpusChanged where the CPUs change.
    """
    path = journal_path(request.output)
    if request.resume and is_result_of(request.output, path):
        _, record = _begin(request)
        record.stopped = str(read_metadata(request.output).get("pkbench_stopped", ""))
        path.unlink()
        return record
    check_output(request.output)
    start, record = _begin(request)
    with Journal(path) as journal:
        if not path.stat().st_size:
            journal.append(start)
        try:
            _measure_cases(request, start["seed"], journal, _while_cpus_stay(progress), record)
        except KeyboardInterrupt:
            runs = sum(map(len, record.runs.values()))
            raise Interrupted(f"{runs} finished runs", request.output) from None
    metadata = _metadata(request, start, record)
    write_result(request.output, metadata, {name: record.runs[name] for name in record.runs})
    path.unlink()
    return record


def _measure_cases(
    request: Request, seed: int, journal: Journal, progress: Callable[[Step], None], record: Record
) -> None:
    name, options = request.machine.name, request.pyperf_options
    if options is None:
        schedule = Schedule(request.cases, request.preset, seed, name, journal, progress, record)
        schedule.run()
    else:
        by_pyperf.measure_cases(request.cases, options, name, journal, record, progress)


def is_result_of(output: Path, journal: Path) -> bool:
    """Return whether a run was killed between writing its result and removing its journal."""
    if not (output.exists() and journal.exists()):
        return False
    start, *_ = read_journal(journal) or [{}]
    return bool(start) and start.get("date") == read_metadata(output).get("pkbench_date")


def _while_cpus_stay(progress: Callable[[Step], None]) -> Callable[[Step], None]:
    """Return a progress function that raises CpusChanged once the allowed CPUs are not the same.

    If a CPU goes offline or leaves the cpuset, threads share the remaining ones: the result would
    mix two machines.
    """
    before = os.sched_getaffinity(0)

    def check(step: Step) -> None:
        now = os.sched_getaffinity(0)
        if now != before:
            raise CpusChanged(
                f"the CPUs to run on changed during the run, from {_listed(before)} to "
                f"{_listed(now)}; what was measured is kept: restore the CPUs, then repeat "
                "the command with --resume"
            )
        progress(step)

    return check


def _listed(cpus: Iterable[int]) -> str:
    return ",".join(map(str, sorted(cpus)))


def _begin(request: Request) -> tuple[dict[str, Any], Record]:
    """Return the journal's first line, and the record of its other entries."""
    agree = MUST_AGREE if request.seed is None else (*MUST_AGREE, "seed")
    start, entries = begin(journal_path(request.output), _start(request), agree, request.resume)
    record = Record()
    for entry in entries:
        record.take(entry)
    return start, record


def _start(request: Request) -> dict[str, Any]:
    seed = secrets.randbits(31) if request.seed is None else request.seed
    return {
        "kind": "start",
        "version": version(),
        "preset": asdict(request.preset),
        "cases": [case.name for case in request.cases],
        "machine": request.machine.name,
        "processor": request.machine.cpu_model,
        "kernel": request.machine.kernel,
        "allowed_cpus": _listed(request.machine.allowed_cpus),
        "native_build": request.machine.native_build,
        "orchestrator": request.orchestrator,
        "seed": seed,
        "date": _now(),
        "command": command_line(sys.argv[1:]),
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


def command_line(arguments: Iterable[str]) -> str:
    """Return the command that repeats a run; absolute paths are shortened to their last part."""
    shown = [Path(word).name if word.startswith("/") else word for word in arguments]
    return shlex.join(["pkbench", *shown])


def _metadata(request: Request, start: dict[str, Any], record: Record) -> Metadata:
    shared = result_metadata(
        evidence=request.machine.evidence,
        preset=request.preset.name,
        command=start["command"],
        date=start["date"],
        machine=request.machine.card(),
        cases=[_described(case, record) for case in request.cases],
    ) | {
        "pkbench_orchestrator": request.orchestrator,
        "pkbench_seconds": round(record.seconds, 1),
        "pkbench_ended": _now(),
        "pkbench_waited_seconds": round(record.waited_seconds, 1),
        "pkbench_missed_turns": record.missed_turns,
        "pkbench_findings": json.dumps([asdict(finding) for finding in request.findings]),
    }
    if request.pyperf_options is not None:
        return shared
    return shared | {
        "pkbench_seed": start["seed"],
        "pkbench_rounds": record.rounds,
        "pkbench_stopped": record.stopped,
        "pkbench_target": request.preset.target,
        "pkbench_timed_share": round(record.timed_share, 4),
    }


def _described(case: Case, record: Record) -> dict[str, Any]:
    state, reason = record.state(case.name)
    stopped = record.stopped_by(case.name) if state == "measured" else ""
    return {**describe(case, state, reason), "stopped": stopped}


def result_metadata(
    evidence: str,
    preset: str,
    command: str,
    date: str,
    machine: dict[str, object],
    cases: Sequence[dict[str, Any]],
) -> Metadata:
    """Return the metadata that every result file has, a timed one and a counted one."""
    return {
        "pkbench_schema": SCHEMA,
        "pkbench_version": version(),
        "pkbench_evidence": evidence,
        "pkbench_preset": preset,
        "pkbench_command": command,
        "pkbench_date": date,
        "pkbench_machine": json.dumps(machine),
        "pkbench_cases": json.dumps(cases),
    }


def describe(case: Case, state: str, reason: str) -> dict[str, Any]:
    """Return a case as a result file lists it."""
    benchmark = case.benchmark
    floor = case.floor
    return {
        "case": case.name,
        "family": benchmark.family,
        "benchmark": benchmark.name,
        "axes": case.axes,
        "operation": benchmark.operation,
        "group": benchmark.group,
        "floor": floor.name if floor else None,
        "inner_loops": benchmark.inner_loops,
        "slope": benchmark.slope,
        "threads": benchmark.threads,
        "counts": case.counts if state == "measured" else {},
        "state": state,
        "reason": reason,
    }
