"""Time the cases that CASES names, separated by spaces, with pyperf's Runner and nothing else."""

import os

import pyperf

from pkbench.cases.catalogue import Case, parse_case
from pkbench.worker.session import Session


class Timer:
    """The time function of one case, without proofs and readings."""

    def __init__(self, case: Case) -> None:
        self._case = case
        self._session: Session | None = None

    def __call__(self, loops: int) -> float:
        """Return the seconds of so many iterations."""
        self._session = self._session or Session(self._case)
        return float(self._session.measure(loops).seconds)


def main() -> None:
    """Measure with pyperf's options."""
    runner = pyperf.Runner(program_args=("-P", __file__))
    runner.parse_args(None)
    for case in map(parse_case, os.environ["CASES"].split()):
        runner.bench_time_func(case.name, Timer(case), inner_loops=case.benchmark.inner_loops)


if __name__ == "__main__":
    main()
