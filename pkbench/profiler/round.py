"""Profile cases one after the other, within a budget."""

import contextlib
import functools
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence

from pkbench import turns
from pkbench.cases.catalogue import Case
from pkbench.profiler import counting, settings
from pkbench.profiler.conversation import wait_for_ends
from pkbench.profiler.perf import timeline
from pkbench.profiler.profiling import Profiled, profile

LEAST_SAMPLING, MOST_SAMPLING = 0.15, 1.0  # seconds: some thousand samples to ten thousand
# Seconds of a case besides sampling, as on an idle machine, until measured.
CASE_SECONDS = 1.0
PLANNED = 0.85  # share of the budget; the rest is for slower cases and for drawing
OTHERS = "waiting for the turn of another pkbench"
SPENT = "the budget was spent before this case: give a longer one with --budget"
Progress = Callable[[str, float], None]  # the next case or OTHERS, and the share that is done


def profiles(cases: Sequence[Case], budget: float, progress: Progress) -> Iterator[Profiled]:
    """Yield the profile of each case, sampled for as long as `budget` seconds allow.

    Cases that can't run here come first, because they take no time. The kernel's settings are
    restored.
    """
    runnable = [case for case in cases if not case.skipped()]
    end, ours = time.monotonic() + budget, turns.at_the_last_cpu()
    with settings.kept():
        known = counting.known(timeline.EVENTS)
        for case in cases:
            if case not in runnable:
                yield profile(case, known, 0)
        besides = CASE_SECONDS
        for place, case in enumerate(spread(runnable)):
            share = place / len(runnable)
            waiting = functools.partial(progress, OTHERS, share)
            # Once the budget is spent, no case needs a turn.
            with ours.turn(waiting) if time.monotonic() <= end else contextlib.nullcontext():
                progress(case.name, share)
                began = time.monotonic()
                if began > end:
                    found = Profiled(case.name, case.benchmark.operation, "skipped", SPENT)
                else:
                    left = end - (1 - PLANNED) * budget - began
                    seconds = sampling_seconds(len(runnable) - place, left, besides)
                    found = profile(case, known, seconds)
                    wait_for_ends()
                    besides += (time.monotonic() - began - seconds - besides) / 5
            yield found


def spread(cases: Sequence[Case]) -> list[Case]:
    """Return the cases in this order: the first of each benchmark, then the second, and so on.

    If the budget doesn't last, every benchmark has some profiles.
    """
    rank: Counter[str] = Counter()
    order = []
    for place, case in enumerate(cases):
        order.append((rank[case.benchmark.full_name], place, case))
        rank[case.benchmark.full_name] += 1
    return [case for _, _, case in sorted(order, key=lambda each: each[:2])]


def sampling_seconds(cases: int, left: float, besides: float) -> float:
    """Return for how many seconds each of the `cases` may be sampled.

    `left` seconds are left for all of them; a case needs `besides` seconds besides sampling.
    """
    return min(max(left / cases - besides, LEAST_SAMPLING), MOST_SAMPLING)
