"""Hold a drawn figure with everything that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from matplotlib.figure import Figure


@dataclass(frozen=True)
class Chart:
    """A drawing, the tidy table behind it, and its texts."""

    name: str
    title: str
    figure: Figure
    table: pd.DataFrame
    caption: str
    alt: str


@dataclass(frozen=True)
class Missing:
    """A figure that can't be drawn, and why."""

    name: str
    title: str
    reason: str
