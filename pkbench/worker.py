"""A plain pyperf script over the cases: `python -m pkbench.worker` takes all its options."""

import argparse
import json
import sys
import time
from typing import Any

import pyperf

from pkbench import values
from pkbench.catalogue import Case, parse_case
from pkbench.selection import SelectionError, select
from pkbench.session import EXIT_FAILED, EXIT_SKIPPED, CaseFailed, CaseSkipped, Session

# A value whose untimed part is this many times longer than its timed part is long enough.
UNTIMED_RATIO = 10
LOOPS_MAX = 2**40


class Timer:
    """The time function of one case: proves it before the first value, and once more at the end."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._session: Session | None = None

    def __call__(self, loops: int) -> float:
        """Return the seconds of so many iterations."""
        if self._session is None:
            self._session = Session(self.case)
            self._session.verify()
        value = self._session.measure(loops)
        values.record(value, loops * self.case.benchmark.inner_loops)
        return float(value.seconds)

    def finish(self) -> None:
        """Prove the case again, now that it has been timed."""
        if self._session is not None:
            with self._session:
                self._session.verify()


def calibrate(case: Case, seconds: float) -> dict[str, Any]:
    """Return how many loops make a value last as long as asked for, and how long one takes."""
    with Session(case) as session:
        session.verify()
        loops = 1
        while True:
            timed, elapsed = _shortest(session, loops, seconds)
            if _long_enough(timed, elapsed, seconds) or loops >= LOOPS_MAX:
                return {"loops": loops, "timed": timed, "elapsed": elapsed}
            loops *= 2


def _shortest(session: Session, loops: int, seconds: float) -> tuple[float, float]:
    """Return the timed and all seconds of one value: of three, where the first seems long enough.

    One value may have been interrupted, and would pass for long enough with far too few loops.
    """
    pairs = []
    for _ in range(3):
        began = time.monotonic()
        timed = float(session.measure(loops).seconds)
        pairs.append((timed, time.monotonic() - began))
        if not _long_enough(*pairs[0], seconds):
            break
    return min(pairs)


def _long_enough(timed: float, elapsed: float, seconds: float) -> bool:
    return timed >= seconds or elapsed >= UNTIMED_RATIO * seconds


def _make_runner() -> pyperf.Runner:
    runner = pyperf.Runner(
        program_args=("-P", "-m", "pkbench.worker"),
        add_cmdline_args=_forward,
        warmups=1,
    )
    # pyperf takes a benchmark's ordinal for its identity: a worker must see the same selection.
    runner.argparser.add_argument("patterns", nargs="*", help="cases, benchmarks or families")
    runner.argparser.add_argument(
        "-P", "--points", action="append", default=[], metavar="AXIS=POINTS"
    )
    runner.argparser.add_argument("--all", action="store_true", help="all points of all axes")
    runner.argparser.add_argument("--case", help=argparse.SUPPRESS)
    runner.argparser.add_argument("--calibrate", type=float, help=argparse.SUPPRESS)
    runner.argparser.set_defaults(hook=["pkbench"])
    return runner


def _forward(command: list[str], arguments: argparse.Namespace) -> None:
    for points in arguments.points:
        command.extend(("-P", points))
    if arguments.all:
        command.append("--all")
    command.extend(("--", *arguments.patterns))


def _measure(runner: pyperf.Runner, case: Case) -> None:
    timer = Timer(case)
    runner.bench_time_func(case.name, timer, inner_loops=case.benchmark.inner_loops)
    timer.finish()


def _run_one(runner: pyperf.Runner, arguments: argparse.Namespace) -> None:
    """Calibrate or measure the one case that the schedule named."""
    case = parse_case(arguments.case)
    if arguments.calibrate:
        print(json.dumps(calibrate(case, arguments.calibrate)))
    else:
        _measure(runner, case)


def _run_all(runner: pyperf.Runner, arguments: argparse.Namespace) -> None:
    for case in select(
        arguments.patterns, arguments.points, "standard" if arguments.all else "quick"
    ):
        reason = case.skipped()
        if not reason:
            _measure(runner, case)
        elif not arguments.worker:
            print(f"{case.name}: skipped: {reason}", file=sys.stderr)


def main() -> None:
    """Measure what the command line asks for."""
    runner = _make_runner()
    arguments = runner.parse_args()
    try:
        if arguments.case:
            _run_one(runner, arguments)
        else:
            _run_all(runner, arguments)
    except CaseSkipped as reason:
        print(reason, file=sys.stderr)
        sys.exit(EXIT_SKIPPED)
    except CaseFailed as reason:
        print(reason, file=sys.stderr)
        sys.exit(EXIT_FAILED)
    except SelectionError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main()
