"""A pyperf script over the cases: `python -m pkbench.worker.pyperf_script` takes pyperf's options.

`pkbench run --orchestrator pyperf` runs it once a case: pyperf's Manager then starts the workers,
calibrates their loops and writes their values.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Any

import pyperf

from pkbench.cases.catalogue import Case
from pkbench.cases.selection import SelectionError, select
from pkbench.worker import smt_contention
from pkbench.worker.event_counters import event_counters
from pkbench.worker.kernel_counters import kernel_counters
from pkbench.worker.process import Process
from pkbench.worker.session import (
    EXIT_FAILED,
    EXIT_SKIPPED,
    CaseFailed,
    CaseSkipped,
    Session,
    end_with_parent,
)
from pkbench.worker.values import Values

HOOK = "pkbench"


class Timer:
    """The time function of one case.

    It verifies the case before the first value and again at the end, and takes the same readings
    with each value as pkbench's own worker process does.
    """

    def __init__(self, case: Case) -> None:
        self.case = case
        self._session: Session | None = None
        self._process = Process()
        self._values: Values | None = None
        self._loops = 0
        self._loop_seconds = 0.0  # of one iteration, by the latest value; 0 before the first
        self._piece_loops = 0

    def __call__(self, loops: int) -> float:
        """Return how many seconds so many iterations take."""
        if self._session is None:
            self._session = Session(self.case)
            self._session.verify()
        if self._values is None or loops != self._loops:
            self._values = self._series(self._session, loops)
        best = self._process.best_nop_cycles if self._piece_loops else 0.0
        self._values.take(1, len(self._values.seconds) + 1, best)
        self._loop_seconds = self._values.seconds[-1] * self.case.benchmark.inner_loops
        return self._loop_seconds * loops

    def _series(self, session: Session, loops: int) -> Values:
        """Begin values of so many iterations, in pieces if the length of an iteration is known."""
        self._loops, self._piece_loops = loops, 0
        if self._process.can_time_pieces and not self.case.benchmark.threads:
            self._piece_loops = smt_contention.piece_loops(1, self._loop_seconds)
        return Values(session, loops, self._piece_loops, kernel_counters(), event_counters())

    def begin_series(self) -> None:
        """Drop earlier values: pyperf begins its warmups, or its values."""
        self._values = None

    def metadata(self) -> dict[str, Any]:
        """Return the readings of the latest series, as a result file holds them."""
        if self._values is None:
            return {}
        pieces = {"pkbench_piece_loops": self._piece_loops} if self._piece_loops else {}
        return {**self._process.metadata(), **pieces, **self._values.metadata()}

    def finish(self) -> None:
        """Verify the case again, now that it has been timed."""
        if self._session is not None:
            with self._session:
                self._session.verify()


class ReadingsHook:
    """A pyperf hook, which adds the readings to a run's metadata.

    pyperf loads it once for the warmups and once for the values, and lets each instance add to the
    metadata when its series has ended.
    """

    name = HOOK

    def __init__(self) -> None:
        self.timer: Timer | None = None

    def load(self) -> Callable[[], "Series"]:
        """Return a function that makes an instance, as an entry point does."""
        return lambda: Series(self.timer)


class Series:
    """One instance of the hook: the warmups of a process, or its values."""

    def __init__(self, timer: Timer | None) -> None:
        self._timer = timer
        if timer is not None:
            timer.begin_series()

    def teardown(self, metadata: dict[str, Any]) -> None:
        """Add the readings once pyperf has all values."""
        if self._timer is not None:
            metadata.update(self._timer.metadata())

    def __enter__(self) -> None:
        """Do nothing before a value."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Do nothing after it."""


def make_runner(hook: ReadingsHook) -> pyperf.Runner:
    """Return pyperf's runner with our arguments added to its own."""
    runner = pyperf.Runner(
        program_args=("-P", "-m", "pkbench.worker.pyperf_script"),
        add_cmdline_args=_forward,
        hooks=[hook],
    )
    # pyperf identifies a benchmark by its number, so a worker must see the same selection.
    runner.argparser.add_argument("patterns", nargs="*", help="cases, benchmarks or families")
    runner.argparser.add_argument(
        "-P", "--points", action="append", default=[], metavar="AXIS=POINTS"
    )
    runner.argparser.add_argument("--all", action="store_true", help="all points of all axes")
    runner.argparser.add_argument(
        "--no-floors", action="store_true", help="without the cases that are fixed overhead"
    )
    return runner


def _forward(command: list[str], arguments: argparse.Namespace) -> None:
    for points in arguments.points:
        command.extend(("-P", points))
    if arguments.all:
        command.append("--all")
    if arguments.no_floors:
        command.append("--no-floors")
    command.extend(("--", *arguments.patterns))


def _cases(arguments: argparse.Namespace) -> Sequence[Case]:
    preset = "standard" if arguments.all else "quick"
    return select(arguments.patterns, arguments.points, preset, floors=not arguments.no_floors)


def _run(runner: pyperf.Runner, hook: ReadingsHook, arguments: argparse.Namespace) -> None:
    for case in _cases(arguments):
        reason = case.skipped()
        if not reason:
            hook.timer = Timer(case)
            runner.bench_time_func(case.name, hook.timer, inner_loops=case.benchmark.inner_loops)
            hook.timer.finish()
        elif not arguments.worker:
            print(f"{case.name}: skipped: {reason}", file=sys.stderr)


def main() -> None:
    """Measure what the command line asks for."""
    end_with_parent()
    hook = ReadingsHook()
    runner = make_runner(hook)
    arguments = runner.parse_args(["--hook", HOOK, *sys.argv[1:]])
    try:
        _run(runner, hook, arguments)
    except CaseSkipped as reason:
        print(reason, file=sys.stderr)
        sys.exit(EXIT_SKIPPED)
    except CaseFailed as reason:
        print(reason, file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except SelectionError as error:
        sys.exit(str(error))
    except (
        RuntimeError
    ) as error:  # what pyperf raises for a worker that failed; the worker has printed why
        sys.exit(str(error))


if __name__ == "__main__":
    main()
