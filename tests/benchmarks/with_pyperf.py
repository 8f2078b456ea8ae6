"""pyperf's own Runner over the cases that CASES names, separated by spaces."""

import os

import pyperf

from pkbench.cases.catalogue import parse_case
from pkbench.worker.pyperf_script import Timer


def main() -> None:
    """Measure with pyperf's options."""
    runner = pyperf.Runner(program_args=("-P", __file__))
    runner.parse_args(None)
    for case in map(parse_case, os.environ["CASES"].split()):
        runner.bench_time_func(case.name, Timer(case), inner_loops=case.benchmark.inner_loops)


if __name__ == "__main__":
    main()
