"""A case's values in the order in which they were taken, as a small drawing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ... import formatting

WIDTH, HEIGHT, MARGIN, GAP = 480, 96, 6, 3
LEAST_SPREAD = 0.02  # of the middle: what differs by less is not blown up to fill the drawing


@dataclass(frozen=True)
class Values:
    """The values of one process."""

    values: Sequence[float]
    left_out: Sequence[bool]
    middle: float | None  # of those that count


def drawing(
    processes: Sequence[Values], low: float | None, high: float | None, unit: str
) -> Markup:
    """Return dots of all values, a stroke at each process's figure, a band for the interval."""
    scale = _Scale.of(processes)
    width = (WIDTH - GAP * (len(processes) - 1)) / len(processes)
    kept: list[str] = []
    spoilt: list[str] = []
    middles = []
    for place, process in enumerate(processes):
        left = place * (width + GAP)
        step = width / len(process.values)
        for index, (value, out) in enumerate(zip(process.values, process.left_out, strict=True)):
            (spoilt if out else kept).append(
                f"{left + (index + 0.5) * step:.0f} {scale.y(value):.0f}"
            )
        if process.middle is not None:
            middles.append(f"M{left:.0f} {scale.y(process.middle):.0f}h{width:.0f}")
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
    # Safe: all that goes in are numbers and words of this module.
    return Markup(  # noqa: S704
        f'<svg class="run" viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{label}">{band}'
        f'<path class="middle" d="{"".join(middles)}"/>{_marks("kept", kept)}'
        f"{_marks('spoilt', spoilt)}</svg>"
    )


def _marks(kind: str, places: Sequence[str]) -> str:
    """Return a path whose corners the style sheet marks."""
    return f'<path class="{kind}" d="M{" ".join(places)}"/>' if places else ""


def bounds(processes: Sequence[Values]) -> tuple[float, float]:
    """Return the values at the lower and the upper end of the drawing."""
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
        """How much is shown above and below."""
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
