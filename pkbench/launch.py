"""Start one worker process, and say how it ended."""

import json
import signal
import subprocess
import sys
from dataclasses import dataclass
from typing import Any

from pkbench.session import EXIT_FAILED, EXIT_SKIPPED

# -P: the installed package is meant, not a folder of the same name that we happen to be in.
COMMAND = (sys.executable, "-P", "-m", "pkbench.worker")


@dataclass(frozen=True)
class Outcome:
    """How a worker process ended."""

    state: str  # measured, skipped or failed
    reason: str  # why not measured
    document: dict[str, Any]  # what it answered, where it was measured


def calibrate(case: str, value_seconds: float, timeout: float) -> Outcome:
    """Have a fresh process find the loops of one case; the document holds loops, timed, elapsed."""
    return _run((f"--calibrate={value_seconds}", f"--case={case}"), timeout)


def measure(case: str, loops: int, values: int, warmups: int, timeout: float) -> Outcome:
    """Have a fresh process measure one case; the document is a pyperf suite of one run."""
    arguments = (
        "--worker",
        "--pipe=1",  # its standard output, which pyperf then leaves alone
        f"--loops={loops}",
        f"--values={values}",
        f"--warmups={warmups}",
        f"--case={case}",
    )
    return _run(arguments, timeout)


def _run(arguments: tuple[str, ...], timeout: float) -> Outcome:
    try:
        done = subprocess.run(
            (*COMMAND, *arguments),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Outcome("failed", f"it took longer than {timeout:.0f} s and was ended", {})
    except OSError as error:
        return Outcome("failed", f"no worker could be started: {error.strerror}", {})
    return _judge(done.returncode, done.stdout, done.stderr.decode(errors="replace").strip())


def _judge(code: int, answer: bytes, said: str) -> Outcome:
    last = said.rpartition("\n")[2]
    if code == EXIT_SKIPPED:
        return Outcome("skipped", last, {})
    if code == EXIT_FAILED:
        return Outcome("failed", last, {})
    if code < 0:
        return Outcome("failed", f"the worker was ended by {_signal(-code)}", {})
    if code:
        return Outcome("failed", f"the worker exited with {code}: {last or 'no message'}", {})
    try:
        document = json.loads(answer)
    except ValueError:
        return Outcome("failed", "the worker's answer is not JSON", {})
    if not isinstance(document, dict):
        return Outcome("failed", "the worker's answer is not a JSON object", {})
    return Outcome("measured", "", document)


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"
