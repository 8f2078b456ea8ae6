"""Measure cases with pyperf's own Runner: `python -m pkbench.worker.pyperf_script --help`."""

import argparse
import sys

import pyperf

from pkbench.cases.catalogue import Case
from pkbench.cases.selection import SelectionError, select
from pkbench.worker.session import EXIT_FAILED, EXIT_SKIPPED, CaseFailed, CaseSkipped, Session


class Timer:
    """The time function of one case; verifies it before the first value and after the last."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self._session: Session | None = None

    def __call__(self, loops: int) -> float:
        """Return how many seconds so many iterations take."""
        if self._session is None:
            self._session = Session(self.case)
            self._session.verify()
        return float(self._session.measure(loops).seconds)

    def finish(self) -> None:
        """Verify the case again, now that it has been timed."""
        if self._session is not None:
            with self._session:
                self._session.verify()


def _make_runner() -> pyperf.Runner:
    runner = pyperf.Runner(
        program_args=("-P", "-m", "pkbench.worker.pyperf_script"),
        add_cmdline_args=_forward,
        warmups=1,
    )
    # pyperf identifies a benchmark by its number, so a worker must see the same selection.
    runner.argparser.add_argument("patterns", nargs="*", help="cases, benchmarks or families")
    runner.argparser.add_argument(
        "-P", "--points", action="append", default=[], metavar="AXIS=POINTS"
    )
    runner.argparser.add_argument("--all", action="store_true", help="all points of all axes")
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


def _run(runner: pyperf.Runner, arguments: argparse.Namespace) -> None:
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
        _run(runner, arguments)
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
