"""A run that pyperf orchestrates: its Manager starts the workers of one case after the other.

pkbench's own schedule interleaves all cases in rounds; pyperf finishes a case before it begins the
next. docs/accuracy.md says what each of the two is good for.
"""

import argparse
import contextlib
import functools
import io
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyperf

from pkbench.cases.catalogue import Case
from pkbench.resultfile import Run, public
from pkbench.run.journal import Journal
from pkbench.run.memory import available_memory, too_large
from pkbench.run.record import Record
from pkbench.run.schedule import Step
from pkbench.turns import Turns, at_the_last_cpu
from pkbench.worker.pyperf_script import ReadingsHook, make_runner
from pkbench.worker.session import EXIT_SKIPPED

# The options of pyperf for each preset. A user's options after `--` override them.
OPTIONS = {"quick": ("--fast", "--min-time", "0.01"), "standard": (), "publish": ("--rigorous",)}
# Options that run each case once, for emulated machines: their times mean nothing.
SINGLE_RUN = ("-p", "1", "-n", "1", "-w", "0", "-l", "10")
# A worker that takes this many seconds is taken to hang, unless the user sets another timeout.
TIMEOUT = ("--timeout", "600")
# Options of pyperf that are refused, and why: they redirect the result or change what a value is.
REFUSED = {
    "output": "-o is an option of pkbench run, before --",
    "append": "each result is a file of its own",
    "pipe": "pkbench reads the pipe",
    "worker": "pyperf's Manager starts the workers",
    "worker_task": "pyperf's Manager starts the workers",
    "in_process": "each worker needs a process of its own",
    "compare_to": "compare two results with pkbench compare",
    "python": "the workers run under the Python of pkbench",
    "track_memory": "a value would be memory, not time",
    "tracemalloc": "a value would be memory, not time",
    "profile": "pkbench profile makes profiles",
    "points": "-P is an option of pkbench run, before --",
    "all": "name the cases before --",
    "patterns": "name the cases before --",
}


class PyperfOptionError(Exception):
    """An option after `--` is not valid here; the message says why."""


@functools.cache
def option_parser() -> argparse.ArgumentParser:
    """Return pyperf's parser with the script's own options; a process has only one."""
    parser: argparse.ArgumentParser = make_runner(ReadingsHook()).argparser
    return parser


def check_options(options: Sequence[str]) -> None:
    """Raise PyperfOptionError, before anything is measured, if an option is not valid."""
    parser = option_parser()
    said = io.StringIO()
    try:
        with contextlib.redirect_stderr(said), contextlib.redirect_stdout(said):
            found = parser.parse_args(list(options))
    except SystemExit:
        last = (said.getvalue().strip().splitlines() or ["it is no option of pyperf"])[-1]
        raise PyperfOptionError(f"after --: {last.rpartition('error: ')[2]}") from None
    for name, why in REFUSED.items():
        if getattr(found, name) not in (parser.get_default(name), []):
            raise PyperfOptionError(f"after --: {name.replace('_', '-')} can't be given: {why}")


def measure_cases(
    cases: Sequence[Case],
    options: Sequence[str],
    machine_name: str,
    journal: Journal,
    record: Record,
    progress: Callable[[Step], None],
    turns: Turns | None = None,
) -> None:
    """Measure each case that is not in the record yet; `options` are pyperf's.

    The journal gets a line for each finished case. A case that fails is recorded, and the others
    are measured.
    """
    turns = turns or at_the_last_cpu()
    began = time.monotonic()
    memory = available_memory()
    for place, case in enumerate(cases):
        if case.name in record.runs or case.name in record.reasons:
            continue
        step = Step(case.name, 0, place / len(cases))
        progress(step)
        reason = case.skipped() or too_large(case, memory)
        if reason:
            entry: dict[str, Any] = {"kind": "state", "state": "skipped", "reason": reason}
        else:
            waiting = replace(step, waiting=True)
            with turns.turn(lambda waiting=waiting: progress(waiting)):  # type: ignore[misc]
                entry = _measure_case(case, options, machine_name)
        entry["case"] = case.name
        journal.append(entry)
        record.take(entry)
    record.seconds += time.monotonic() - began
    record.waited_seconds, record.missed_turns = turns.waited, turns.missed


def _measure_case(case: Case, options: Sequence[str], machine_name: str) -> dict[str, Any]:
    """Return a case's entry in the journal: its runs, or why there are none."""
    with tempfile.TemporaryDirectory(prefix="pkbench-") as folder:
        path = Path(folder) / "case.json"
        script = (sys.executable, "-P", "-m", "pkbench.worker.pyperf_script")
        command = [*script, "--no-floors", *options, "--quiet", "-o", str(path), "--", case.name]
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode or not path.exists():
            return _failure(done)
        suite = pyperf.BenchmarkSuite.load(str(path))
    runs = [
        _run(run, machine_name) for benchmark in suite for run in benchmark.get_runs() if run.values
    ]
    return {"kind": "runs", "runs": runs}


def _run(run: pyperf.Run, machine_name: str) -> Run:
    """Return one of pyperf's runs as a result file has it, without private metadata."""
    return {
        "metadata": public(run.get_metadata(), machine_name),
        "warmups": [list(warmup) for warmup in run.warmups],
        "values": list(run.values),
    }


def _failure(done: "subprocess.CompletedProcess[str]") -> dict[str, Any]:
    """Return the state of a case that pyperf could not measure, with the worker's reason."""
    code = re.search(r"failed with exit code (\d+)", done.stderr)
    state = "skipped" if code and int(code[1]) == EXIT_SKIPPED else "failed"
    said = [line.strip() for line in (done.stderr + done.stdout).splitlines() if line.strip()]
    if not said:
        reason = f"pyperf ended with exit code {done.returncode}"
    else:
        # A worker says its reason first; a traceback of pyperf's own ends with its reason.
        reason = said[-1] if said[0].startswith("Traceback") else said[0]
    return {"kind": "state", "state": state, "reason": reason}
