"""Draw ratios to a control case on a logarithmic axis about 1."""

from __future__ import annotations

import textwrap

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from ... import formatting
from ...derive.row_kinds import is_exact
from . import dots, style

# Beyond this ratio half of a symmetrical axis would be empty: the axis then begins shortly below 1.
SYMMETRICAL = 16.0


def draw(rows: pd.DataFrame, width: float, *, control: str) -> Figure | None:
    """Draw a table of ratios; `control` names the control cases in words."""
    label = f"{'instructions' if is_exact(rows) else 'time'}, times that of {control}"
    lines = [
        *textwrap.wrap(label, 36 if width < style.TWO_COLUMNS else 80),
        "log scale; lower is better",
    ]
    return dots.draw(rows, width, axis=_symmetrical("\n".join(lines)), words=_words)


def _words(row: pd.Series) -> str:
    """Return a ratio, and the rate where there is one, as the words beside a mark."""
    text = f"{formatting.figures(row['value'])}×"
    return text if pd.isna(row["operations"]) else f"{text}, {_rate(row['operations'])}"


def _rate(per_second: float) -> str:
    for size, unit in ((1e9, " G/s"), (1e6, " M/s"), (1e3, " k/s")):
        if per_second >= size:
            return f"{formatting.figures(per_second / size)}{unit}"
    return f"{formatting.figures(per_second)}/s"


def _symmetrical(label: str) -> dots.Axis:
    def scale(axes: Axes, table: pd.DataFrame, room: float) -> float:
        known = pd.concat([table["value"], table["low"], table["high"]]).dropna()
        most = max(float(known.max()), 1 / float(known[known > 0].min()), 1.1) * 1.1
        least = 1 / most if most <= SYMMETRICAL else min(0.5, float(known[known > 0].min()) / 1.3)
        axes.set_xscale("log", base=2)
        axes.set_xlim(least, most * (most / least) ** (room / (1 - room)))
        axes.xaxis.set_major_locator(FixedLocator(_ticks(most, least)))
        axes.xaxis.set_major_formatter(FuncFormatter(lambda tick, _: _tick(tick)))
        axes.xaxis.set_minor_formatter(NullFormatter())
        axes.minorticks_off()
        axes.axvline(1, color=style.INK, linewidth=0.8, linestyle=(0, (2, 2)), zorder=1)
        axes.set_xlabel(label)
        return 1.0

    return scale


def _ticks(most: float, least: float) -> list[float]:
    """Return ticks at equal distances from 1, on both sides of it where there is room."""
    steps = (1.02, 1.05, 1.1, 1.25, 1.5, 2, 4, 10, 100, 1000)
    step = next((step for step in steps if step**4 >= most), steps[-1])
    sizes = [step**power for power in range(1, 5) if step**power <= most]
    return sorted([*(1 / size for size in sizes if 1 / size >= least), 1.0, *sizes])


def _tick(ratio: float) -> str:
    return f"1/{1 / ratio:,.10g}" if ratio < 1 else f"{ratio:,.10g}"
