"""Plot a case's values in run order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ... import formatting

WIDTH, HEIGHT, MARGIN, GAP = 480, 96, 6, 3
LEAST_SPREAD = 0.02  # relative to the values: a smaller spread does not fill the height of the plot


@dataclass(frozen=True)
class Values:
    """The values of one process."""

    values: Sequence[float]
    left_out: Sequence[bool]
    median: float | None  # without those left out


def plot(processes: Sequence[Values], low: float | None, high: float | None, unit: str) -> Markup:
    """Return a dot per value, a line at each process's median and a band for the interval."""
    scale = _Scale.of(processes)
    width = (WIDTH - GAP * (len(processes) - 1)) / len(processes)
    kept: list[str] = []
    left_out: list[str] = []
    medians = []
    for place, process in enumerate(processes):
        left = place * (width + GAP)
        step = width / len(process.values)
        for index, (value, out) in enumerate(zip(process.values, process.left_out, strict=True)):
            (left_out if out else kept).append(
                f"{left + (index + 0.5) * step:.0f} {scale.y(value):.0f}"
            )
        if process.median is not None:
            medians.append(f"M{left:.0f} {scale.y(process.median):.0f}h{width:.0f}")
    band = ""
    if low is not None and high is not None and low <= high:
        top, bottom = scale.y(high), scale.y(low)
        size = f'width="{WIDTH}" height="{max(1, bottom - top):.1f}"'
        band = f'<rect class="band" y="{top:.1f}" {size}/>'
    label = (
        f"{formatting.count(sum(len(p.values) for p in processes), 'value')} of "
        f"{formatting.count(len(processes), 'process', 'processes')} in run order, from "
        f"{formatting.cost(scale.low, unit)} to {formatting.cost(scale.high, unit)}"
    )
    # Safe: only numbers and this module's own words go in.
    return Markup(  # noqa: S704
        f'<svg class="run" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{band}'
        f'<path class="median" d="{"".join(medians)}"/>{_marks("kept", kept)}'
        f"{_marks('left-out', left_out)}</svg>"
    )


def _marks(kind: str, places: Sequence[str]) -> str:
    """Return a path; the style sheet draws a marker at each of its points."""
    return f'<path class="{kind}" d="M{" ".join(places)}"/>' if places else ""


def bounds(processes: Sequence[Values]) -> tuple[float, float]:
    """Return the values at the lower and the upper edge of the plot."""
    scale = _Scale.of(processes)
    return scale.bottom, scale.top


@dataclass(frozen=True)
class _Scale:
    low: float
    high: float

    @classmethod
    def of(cls, processes: Sequence[Values]) -> _Scale:
        values = [value for process in processes for value in process.values]
        return cls(min(values), max(values))

    @property
    def _room(self) -> float:
        """Extra space above and below the values, in their unit."""
        middle = (self.low + self.high) / 2
        return max(0.0, (LEAST_SPREAD * middle - (self.high - self.low)) / 2)

    @property
    def bottom(self) -> float:
        return self.low - self._room

    @property
    def top(self) -> float:
        return self.high + self._room

    def y(self, value: float) -> float:
        inner = HEIGHT - 2 * MARGIN
        return HEIGHT - MARGIN - inner * (value - self.bottom) / (self.top - self.bottom)
