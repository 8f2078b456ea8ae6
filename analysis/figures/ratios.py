"""Figures of how many times a case costs what its twin without protection does."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from dataclasses import dataclass

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, NullFormatter

from .. import formatting
from ..derive import line_table
from ..derive.row_kinds import ESTIMATE, MISSING, estimates, is_exact
from ..estimate.frame import records
from ..estimate.resample import RESAMPLES
from ..estimate.result_set import ResultSet
from . import dots, style

COLUMNS = [
    "machine",
    "evidence",
    "label",
    "what",
    "value",
    "low",
    "high",
    "unit",
    "processes",
    "cost",
    "cost_unit",
    "operations",
    "base",
    "base_cost",
    "case",
    "note",
]
# Beyond this ratio half of a symmetrical axis would be empty: it begins below 1 instead.
SYMMETRICAL = 16.0
MOST_BASES = 8  # that a caption lists
Twins = Callable[[pd.DataFrame], "pd.Series[str]"]


@dataclass(frozen=True)
class Ratios:
    """Some cases over the twin of each, a row each."""

    NAME: str
    TITLE: str
    cases: str  # a pattern that a case's whole name must match
    twin: Twins  # of rows with `case`: the name of each one's twin, or "" where it has none
    operation: str
    base: str  # what a twin is called
    rates: bool = False  # whether operations a second mean something to a reader

    @property
    def NEEDS(self) -> str:  # noqa: N802 - as a module's
        """What was missing where it can't be drawn."""
        return "no case that it shows was measured together with its twin"

    def table(self, result_set: ResultSet) -> pd.DataFrame:
        """Return the ratio of each case to its twin, and what both cost."""
        cases = result_set.cases[result_set.cases["case"].str.fullmatch(self.cases)]
        cases = cases.assign(base=self.twin(cases), label=self._labels(cases))
        cases = cases[cases["base"] != ""]
        own = result_set.estimates[["machine", "case", "gross", "unit", "processes"]]
        twins = own[["machine", "case", "gross"]].rename(
            columns={"case": "base", "gross": "base_cost"}
        )
        asked = cases[["machine", "evidence", "case", "label", "base", "state", "reason"]]
        found = asked.merge(own, on=["machine", "case"], how="left")
        found = found.merge(twins, on=["machine", "base"], how="left")
        both = found["gross"].notna() & found["base_cost"].notna()
        if not both.any():
            return pd.DataFrame(columns=COLUMNS)
        found["value"] = found["gross"] / found["base_cost"]
        pairs = found.loc[both, ["machine", "case", "base"]].itertuples(index=False)
        bounds = result_set.ratio_bounds(((on, case), (on, base)) for on, case, base in pairs)
        found.loc[both, ["low", "high"]] = bounds
        found["what"] = both.map({True: ESTIMATE, False: MISSING})
        unmeasured = found["state"] + ": " + found["reason"]
        no_twin = "its twin " + found["base"] + " was not measured"
        found["note"] = unmeasured.where(found["state"] != "measured", no_twin).where(~both, "")
        found["cost"], found["cost_unit"] = found["gross"], found["unit"]
        found["operations"] = (
            1 / found["gross"] if self.rates and not result_set.exact else float("nan")
        )
        return found.assign(unit="ratio")[COLUMNS].reset_index(drop=True)

    def draw(self, rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
        """Draw the table on an axis that is symmetrical about 1."""
        label = f"{'instructions' if is_exact(rows) else 'time'}, times that of {self.base}"
        lines = [
            *textwrap.wrap(label, 36 if width < style.TWO_COLUMNS else 80),
            "log scale; lower is better",
        ]
        return dots.draw(rows, width, axis=_symmetrical("\n".join(lines)), say=_say)

    def caption(self, rows: pd.DataFrame) -> str:
        """Say what the figure shows, and what 1 is."""
        rate = " The rate is of operations a second." if rows["operations"].notna().any() else ""
        return (
            f"{self.operation} Each is divided by {self.base}, which the dotted line at 1 stands "
            f"for.{rate} {_interval_note(rows)} {_bases(rows)}"
        )

    def alt(self, rows: pd.DataFrame) -> str:
        """Say in words what can be seen."""
        parts = [
            f"{row['label']} {formatting.figures(row['value'])} ({row['machine']})"
            for row in records(estimates(rows))
        ]
        return f"Times what {self.base} costs: {'; '.join(parts)}."

    def _labels(self, cases: pd.DataFrame) -> pd.Series[str]:
        return cases["benchmark"].astype(str) + line_table.elsewhere(cases, "")


def _interval_note(rows: pd.DataFrame) -> str:
    if is_exact(rows):
        return "Ratios of exact counts. Instructions are not time."
    sizes = estimates(rows)["processes"]
    few, many = int(sizes.min()), int(sizes.max())
    n = (
        f"{few} to {many} processes"
        if few < many
        else formatting.count(few, "process", "processes")
    )
    return (
        f"Marks: the ratio of medians over {n}. Intervals: 95 %, percentile bootstrap over the "
        f"processes of both ({RESAMPLES:,} resamples)."
    )


def _bases(rows: pd.DataFrame) -> str:
    """Say what the twins cost: a ratio without its base says little."""
    told = estimates(rows).drop_duplicates(["machine", "base"])
    on = " on {}" if told["machine"].nunique() > 1 else ""
    parts = [
        f"{row['base']}{on.format(row['machine'])} {formatting.cost(row['base_cost'], row['cost_unit'])}"
        for row in records(told.sort_values("base_cost", kind="stable"))
    ]
    if len(parts) <= MOST_BASES:
        return f"1 is: {'; '.join(parts)}."
    return f"1 is: from {parts[0]} to {parts[-1]}; the data have each."


def _say(row: pd.Series) -> str:
    """Return a ratio, and the rate where there is one, as they stand beside a mark."""
    text = f"{formatting.figures(row['value'])}×"
    return text if pd.isna(row["operations"]) else f"{text}, {_rate(row['operations'])}"


def _rate(per_second: float) -> str:
    for size, unit in ((1e9, " G/s"), (1e6, " M/s"), (1e3, " k/s")):
        if per_second >= size:
            return f"{formatting.figures(per_second / size)}{unit}"
    return f"{formatting.figures(per_second)}/s"


def _symmetrical(label: str) -> Callable[[Axes, pd.DataFrame, float], float]:
    def scale(axes: Axes, table: pd.DataFrame, room: float) -> float:
        told = pd.concat([table["value"], table["low"], table["high"]]).dropna()
        most = max(float(told.max()), 1 / float(told[told > 0].min()), 1.1) * 1.1
        least = 1 / most if most <= SYMMETRICAL else min(0.5, float(told[told > 0].min()) / 1.3)
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
    """Return ticks at equal distances from 1: on both sides of it where there is room."""
    steps = (1.02, 1.05, 1.1, 1.25, 1.5, 2, 4, 10, 100, 1000)
    step = next((step for step in steps if step**4 >= most), steps[-1])
    sizes = [step**power for power in range(1, 5) if step**power <= most]
    return sorted([*(1 / size for size in sizes if 1 / size >= least), 1.0, *sizes])


def _tick(ratio: float) -> str:
    return f"1/{1 / ratio:,.10g}" if ratio < 1 else f"{ratio:,.10g}"
