"""A clock whose steps show in the figures: these are multiples of one step."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# The step shows in ENOUGH figures: they are multiples of it, within ROUNDED of a step, and at least
# the share TIED of them are equal to another one.
ENOUGH, ROUNDED, TIED = 12, 0.01, 0.25


def step_of(values: NDArray[np.float64]) -> float:
    """Return the step of which some figures are multiples, in their unit; 0 where none shows."""
    steps = np.diff(np.unique(values))
    tied = values.size - 1 - steps.size
    if not steps.size or values.size < ENOUGH or tied < TIED * values.size:
        return 0.0
    step = float(steps.min())
    # Times are themselves multiples, or lie halfway: a median of two is their mean.
    multiples = np.concatenate([steps / step, 2 * values / step])
    return 0.0 if np.abs(multiples - multiples.round()).max() > ROUNDED else step
