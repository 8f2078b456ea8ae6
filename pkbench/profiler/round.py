"""Profile after profile, within a budget."""

import time
from collections.abc import Iterator, Sequence

from pkbench.catalogue import Case
from pkbench.profiler import counting, settings, timeline
from pkbench.profiler.profiling import Profiled, profile

# What a case takes besides being sampled, seen over a standard run's headline cases.
CASE_SECONDS = 1.1
LEAST_SAMPLING, MOST_SAMPLING = 0.2, 1.0  # seconds: two thousand samples to ten thousand
SPENT = "the budget was spent before it was its turn: give a longer one with --budget"


def profiles(cases: Sequence[Case], budget: float) -> Iterator[Profiled]:
    """Profile each case, sampled for as long as the budget allows; leave the machine as it was."""
    deadline = time.monotonic() + budget
    seconds = sampling_seconds(sum(not case.skipped() for case in cases), budget)
    with settings.kept():
        known = counting.known(timeline.EVENTS)
        for case in cases:
            if time.monotonic() > deadline:
                yield Profiled(case.name, case.benchmark.operation, "skipped", SPENT)
            else:
                yield profile(case, known, seconds)


def sampling_seconds(cases: int, budget: float) -> float:
    """Return how long each of so many cases may be sampled."""
    share = budget / max(cases, 1) - CASE_SECONDS
    return min(max(share, LEAST_SAMPLING), MOST_SAMPLING)
