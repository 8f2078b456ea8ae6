"""What a median hides: two modes, or a drift over the run, said in words."""

from __future__ import annotations

import numpy as np
from scipy import stats

from .sample import Numbers

# With fewer processes a clump of a few is no shape.
ENOUGH = 10
# A mode has at least this share of the processes; fewer are outliers.
LEAST_SHARE = 0.15
# How far two modes must be apart, in Ashman's D (Ashman, Bird and Zepf, Astronomical Journal 108,
# 1994): two normal distributions are told apart beyond 2, but one cut in two has 2.7 in the mean
# and less than this in 99 of 100 samples of 10 to 60 (tests/benchmarks/shapes.py).
SEPARATE = 7.0
# A rank correlation with the round that would come about by itself once in a thousand cases, and
# a change between first and last third that is worth a word.
UNLIKELY, WORTH_A_WORD = 0.001, 0.01


def shape(values: Numbers, rounds: tuple[int, ...] | None) -> str:
    """Return what is to be said of the figures of a case's processes, "" for nothing."""
    if values.size < ENOUGH:
        return ""
    found = [_drift(values, rounds), _modes(values)]
    return "; ".join(text for text in found if text)


def _drift(values: Numbers, rounds: tuple[int, ...] | None) -> str:
    if rounds is None or values.std() == 0:
        return ""
    if stats.spearmanr(rounds, values).pvalue > UNLIKELY:
        return ""
    third = values.size // 3
    in_order = values[np.argsort(rounds)]
    change = float(np.median(in_order[-third:]) / np.median(in_order[:third]) - 1)
    if abs(change) < WORTH_A_WORD:
        return ""
    return f"drifts {'up' if change > 0 else 'down'} by {abs(change):.1%} over the run"


def _modes(values: Numbers) -> str:
    ordered = np.sort(values)
    least = max(2, int(np.ceil(LEAST_SHARE * ordered.size)))
    cuts = [(ordered[:cut], ordered[cut:]) for cut in range(least, ordered.size - least + 1)]
    low, high = max(cuts, key=lambda cut: separation(*cut))
    if separation(low, high) < SEPARATE or np.median(high) / np.median(low) - 1 < WORTH_A_WORD:
        return ""
    ratio = np.median(high) / np.median(low)
    return (
        f"two modes: {high.size / ordered.size:.0%} of the processes cost {ratio:.2f} times as much"
    )


def separation(low: Numbers, high: Numbers) -> float:
    """Return Ashman's D of two parts of a sample."""
    spread = float(np.hypot(low.std(ddof=1), high.std(ddof=1)))
    apart = float(np.sqrt(2) * abs(high.mean() - low.mean()))
    return apart / spread if spread else float("inf")
