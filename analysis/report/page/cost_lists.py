"""List the costs of a family: a row per case, plotted with its interval on one shared axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from markupsafe import Markup

from ... import formatting
from .baseline import against
from .control_case import control_case
from .listing import Cell, Line, Listing

MOST = 30  # rows that fit a reader's screen
ITSELF = "1"  # the ratio of a control case to itself
WIDTH, HEIGHT, EDGE = 300, 18, 8
SHAPES = 7  # different markers in the style sheet and in `_mark`
WIDEST_FOR_LINEAR = 20  # beyond this ratio a linear axis hides small costs


@dataclass(frozen=True)
class Axis:
    """The axis of a list; cost_list.js has the same geometry to redraw it in other units."""

    low: float
    high: float
    log: bool
    unit: str

    @classmethod
    def of(cls, cells: Sequence[Cell], unit: str) -> Axis:
        """Return an axis on which all these costs can be seen."""
        costs = [cell.row["gross"] for cell in cells]
        low, high = min(costs), max(costs)
        if high > WIDEST_FOR_LINEAR * low:
            return cls(low / 1.3, high * 1.3, True, unit)
        return cls(0.0, high * 1.1, False, unit)

    def x(self, value: float) -> float:
        """Return the horizontal position of a value."""
        inner = WIDTH - 2 * EDGE
        if not self.log:
            return EDGE + inner * value / self.high
        span = math.log(self.high / self.low)
        return EDGE + inner * math.log(max(value, self.low) / self.low) / span

    @property
    def ticks(self) -> list[float]:
        """A few round values, by decades or from zero."""
        if self.log:
            decades = range(math.ceil(math.log10(self.low)), math.floor(math.log10(self.high)) + 1)
            step = max(1, -(-len(decades) // 4))
            return [10.0**decade for decade in decades[::step]]
        apart = _round_step(self.high / 4)
        return [apart * place for place in range(int(self.high / apart) + 1)]

    @property
    def drawing(self) -> Markup:
        """The labels of the ticks, for the head of the list."""
        texts = "".join(
            f'<text x="{self.x(tick):.1f}" y="12">{_tick(tick, self.unit)}</text>'
            for tick in self.ticks
        )
        return Markup(  # noqa: S704 (numbers and units of our own)
            f'<svg class="cost-axis labels" viewBox="0 0 {WIDTH} 16" aria-hidden="true">'
            f"{texts}</svg>"
        )

    def plot(self, cells: Sequence[Cell]) -> Markup:
        """Return the marks of one case, a shape per machine."""
        grid = "".join(f"M{self.x(tick):.1f} 0V{HEIGHT}" for tick in self.ticks)
        marks = "".join(self._marks(cells))
        return Markup(  # noqa: S704 (numbers alone)
            f'<svg class="cost-axis" viewBox="0 0 {WIDTH} {HEIGHT}" aria-hidden="true">'
            f'<path class="grid" d="{grid}"/>{marks}</svg>'
        )

    def _marks(self, cells: Sequence[Cell]) -> Iterator[str]:
        for place, cell in enumerate(cells):
            if not cell.measured:
                continue
            row = cell.row
            series = f"s{place % SHAPES}"
            if not math.isnan(row["low"]) and row["low"] < row["high"]:
                start, end = self.x(row["low"]), self.x(row["high"])
                yield f'<path class="interval {series}" d="M{start:.1f} 9H{end:.1f}"/>'
            yield f'<path class="mark {series}" d="{_mark(place, self.x(row["gross"]))}"/>'


@dataclass(frozen=True)
class CostRow:
    """One case in a list."""

    line: Line
    label: str
    cost: str
    ratio: str  # to the cost of its control case

    @property
    def is_control(self) -> bool:
        """Return whether it is the control case of others."""
        return self.ratio == ITSELF


@dataclass(frozen=True)
class CostList:
    """A list of costs."""

    name: str
    title: str
    note: str
    axis: Axis
    rows: Sequence[CostRow]
    machines: Sequence[str]
    has_controls: bool

    def plot(self, row: CostRow) -> Markup:
        """Return the marks of one row."""
        return self.axis.plot(row.line.cells)

    def marker(self, machine: int) -> str:
        """Return the outline of a machine's marker for the legend."""
        return _mark(machine, 7.0)


def cost_list(listing: Listing, family: str, title: str) -> CostList | None:
    """Return a family's costs as a list; where there are many, at the first point of each axis."""
    lines = [line for line in listing.lines if line.family == family]
    if not lines:
        return None
    few = lines if len(lines) <= MOST else _first_points(lines)
    cases = [line.case for line in few]
    controls = {case: control_case(case, cases) for case in cases}
    found = [
        CostRow(
            line,
            line.case.removeprefix(f"{family}/"),
            _costs(line),
            ITSELF
            if line.case in controls.values()
            else _ratio(listing, line.case, controls[line.case]),
        )
        for line in few
    ]
    measured = [cell for line in few for cell in line.cells if cell.measured]
    return CostList(
        name=f"{listing.key}-{family}-list",
        title=title,
        note=_note(listing, len(few), len(lines), any(controls.values())),
        axis=Axis.of(measured, listing.result_set.unit),
        rows=found,
        machines=listing.result_set.names,
        has_controls=any(controls.values()),
    )


def _first_points(lines: Sequence[Line]) -> list[Line]:
    """Return the lines that have the first point of each axis of their benchmark."""
    first: dict[tuple[str, str], str] = {}
    kept = []
    for line in lines:
        _, benchmark, *points = line.case.split("/")
        axes = [(point.partition(":")[0], point) for point in points]
        if all(first.setdefault((benchmark, axis), point) == point for axis, point in axes):
            kept.append(line)
    return kept


def _costs(line: Line) -> str:
    measured = [cell for cell in line.cells if cell.measured]
    if len(line.cells) == 1 or len(measured) == 1:
        return measured[0].cost
    ordered = sorted(measured, key=lambda cell: float(cell.row["gross"]))
    return f"{ordered[0].cost} to {ordered[-1].cost}"


def _ratio(listing: Listing, case: str, control: str) -> str:
    """Return the ratio of a case to its control; of several machines smallest to largest."""
    if not control:
        return ""
    bases = {(name, case): (name, control) for name in listing.result_set.names}
    ratios = list(against(listing.samples, bases).values())
    if len(ratios) > 1:
        values = sorted(ratio.value for ratio in ratios)
        return f"{formatting.figures(values[0])} to {formatting.figures(values[-1])}"
    return formatting.times(ratios[0]) if ratios else ""


def _note(listing: Listing, shown: int, lines: int, has_controls: bool) -> str:
    parts = [
        "Instructions per operation, as counted."
        if listing.result_set.exact
        else "Time per operation, as measured; a horizontal bar is the 95 % interval."
    ]
    if has_controls:
        parts.append(
            "Ratios are relative to the control case without keys or protection, which is shaded."
        )
    if shown < lines:
        parts.append(
            f"Shown: {shown} of {lines} cases, at the first point of each axis. The others are "
            "under “All cases”."
        )
    return " ".join(parts)


def _mark(place: int, x: float) -> str:
    """Return the outline of a machine's marker, four units to each side."""
    return (
        f"M{x:.1f} 9m-4 0a4 4 0 1 0 8 0a4 4 0 1 0 -8 0",
        f"M{x - 3.5:.1f} 5.5h7v7h-7z",
        f"M{x:.1f} 4.5l4.5 8h-9z",
        f"M{x:.1f} 4l5 5l-5 5l-5 -5z",
        f"M{x:.1f} 13.5l4.5 -8h-9z",
        f"M{x - 1.5:.1f} 4.5h3v3h3v3h-3v3h-3v-3h-3v-3h3z",
        f"M{x - 4:.1f} 5l8 8m0 -8l-8 8",
    )[place % SHAPES]


def _round_step(rough: float) -> float:
    power = 10.0 ** math.floor(math.log10(rough))
    return next((power * digit for digit in (1, 2, 5) if power * digit >= rough), 10 * power)


def _tick(value: float, unit: str) -> str:
    if unit == "instructions":
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    size, name = formatting.time_unit(value)
    return f"{value / size:,.4g} {name}"
