"""A figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass

# Fewer processes than this can't carry a 95 % interval of a median: even the whole range of n
# values misses the true median in 2 × 0.5^n of all cases, which is 6 % for n = 5
# (Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC'15, rule 5).
ENOUGH_PROCESSES = 6


@dataclass(frozen=True)
class Interval:
    """A figure with the bounds of its 95 % interval; bounds equal to it when it is exact."""

    value: float
    low: float | None = None
    high: float | None = None
    processes: int | None = None  # how many the interval rests on, None where it is exact
