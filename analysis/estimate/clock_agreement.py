"""Whether calibrated core cycles agree with the cycles that the CPU's own counter counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

WHOLE = "user mode and kernel"
# The counter includes the reading of the clocks around each batch; the value does not.
AGREE = 0.03
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Check:
    """Counted core cycles divided by calibrated ones: the distribution over values."""

    values: int  # how many values have both
    low: float  # the lower quartile
    ratio: float  # the median
    high: float  # the upper quartile

    @property
    def agrees(self) -> bool:
        """Whether the two differ by no more than AGREE allows for reading the clocks."""
        return abs(self.ratio - 1) <= AGREE


def check(frame: pd.DataFrame) -> Check | None:
    """Compare counted and calibrated cycles in one machine's rows of a tidy frame.

    Return None where no value has both. Left out are values whose counter covers something else
    than the value: user mode alone, or contended pieces.
    """
    shared = frame["uncontended_share"].fillna(1.0) < 1.0
    both = frame[(frame["state"] == "measured") & (frame["counter_scope"] == WHOLE) & ~shared]
    ratios = (both["core_cycles"] / both["cycles"]).to_numpy(dtype=float)
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    if not ratios.size:
        return None
    low, middle, high = np.quantile(ratios, QUARTILES)
    return Check(int(ratios.size), float(low), float(middle), float(high))
