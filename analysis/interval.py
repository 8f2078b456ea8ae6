"""A figure with its interval."""

from __future__ import annotations

from dataclasses import dataclass

# Fewer processes than this do not support a 95 % interval of a median: even the full range of n
# values misses the true median with probability 2 × 0.5^n, which is 6 % for n = 5
# (Hoefler and Belli, "Scientific Benchmarking of Parallel Computing Systems", SC'15, rule 5).
ENOUGH_PROCESSES = 6


@dataclass(frozen=True)
class Interval:
    """A figure of any unit with the bounds of its 95 % interval.

    An exact figure has itself for bounds. The bounds are None where there are too few processes.
    """

    value: float
    low: float | None = None
    high: float | None = None
    processes: int | None = None  # how many the interval rests on; None where it is exact

    @property
    def bounds(self) -> tuple[float, float] | None:
        """Both bounds; None where there are too few processes."""
        return None if self.low is None or self.high is None else (self.low, self.high)
