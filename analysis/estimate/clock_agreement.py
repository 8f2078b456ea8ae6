"""Whether the core cycles that chains of known latency tell are those that the CPU counts."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

WHOLE = "user mode and kernel"
# The counter also runs while the clocks are read around each batch, which the value is free of.
AGREE = 0.03
QUARTILES = (0.25, 0.5, 0.75)


@dataclass(frozen=True)
class Check:
    """The counted cycles of an operation over the calibrated ones, over so many values."""

    values: int
    low: float  # the lower quartile
    ratio: float  # the median
    high: float  # the upper quartile

    @property
    def agrees(self) -> bool:
        """Tell whether the two are the same but for what the counter counts besides."""
        return abs(self.ratio - 1) <= AGREE


def check(frame: pd.DataFrame) -> Check | None:
    """Compare the two in the values of a machine's tidy frame that have both; None of none.

    Left out is what the counter has counted more of than the value: where it stood still in the
    kernel, and where pieces had to share the core.
    """
    shared = frame["uncontended_share"].fillna(1.0) < 1.0
    both = frame[(frame["state"] == "measured") & (frame["counted"] == WHOLE) & ~shared]
    ratios = (both["core_cycles"] / both["cycles"]).to_numpy(dtype=float)
    ratios = ratios[np.isfinite(ratios) & (ratios > 0)]
    if not ratios.size:
        return None
    low, middle, high = np.quantile(ratios, QUARTILES)
    return Check(int(ratios.size), float(low), float(middle), float(high))
