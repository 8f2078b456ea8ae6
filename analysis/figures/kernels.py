"""What changing protection costs in one kernel after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pandas as pd
from matplotlib.figure import Figure

from .. import formatting
from ..derive import cost_per_page, kernel_changes
from ..derive.line_table import COLUMNS
from ..derive.row_kinds import ESTIMATE, quantity
from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from . import style
from .chart import interval_note

NAME = "kernels"
TITLE = "What changing protection costs, from kernel to kernel"
NEEDS = "no instructions were counted in three kernels or more"
FEWEST = 3
PANEL_HEIGHT = 1.9  # inches
LEGEND_HEIGHT = 0.6
MOST_LEVEL = 64  # characters of labels that fit side by side

CALL, PAGE, FAULT = "one call, one page", "each further page", "signals and faults"
WAYS = {
    "mprotect-rw-ro": "mprotect, rw→ro",
    "mprotect-ro-rw": "mprotect, ro→rw",
    "pkey-mprotect-0-k": "pkey_mprotect, 0→k",
    "pkey-mprotect-k-0": "pkey_mprotect, k→0",
}
FAULTS = {
    "kernel/signal-plain": "a signal and its handler",
    "fault/pkey-repair": "a store denied by a key, repaired",
    "fault/mprotect-repair": "a store denied by mprotect, repaired",
}


def table(result_set: ResultSet) -> pd.DataFrame:
    """Return the costs in each kernel, the kernels in the order of their versions.

    `point` is the kernel's place in that order.
    """
    kernels = kernel_changes.kernels(result_set)
    if not result_set.exact or len(kernels) < FEWEST:
        return pd.DataFrame(columns=COLUMNS)
    place = {name: number for number, (name, _) in enumerate(kernels)}
    rows = pd.DataFrame([*_calls_and_pages(result_set), *_faults(result_set)])
    rows = rows.assign(
        evidence=result_set.evidence,
        point=rows["machine"].map(place),
        low=float("nan"),
        high=float("nan"),
        unit=result_set.unit,
        processes=1,
        basis="gross",
        what=ESTIMATE,
        note="",
    )
    order = {panel: number for number, panel in enumerate((CALL, PAGE, FAULT))}
    rows = rows.sort_values(
        ["panel", "point"], key=lambda c: c.map(order) if c.name == "panel" else c
    )
    return rows[COLUMNS].reset_index(drop=True)


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    if rows.empty:
        return None
    panels = list(dict.fromkeys(rows["panel"]))
    names = rows.drop_duplicates("point").set_index("point")["machine"].sort_index()
    with style.settings():
        beside = width >= style.TWO_COLUMNS
        size = (width, 0.6 + (PANEL_HEIGHT + (0 if beside else LEGEND_HEIGHT)) * len(panels))
        figure = Figure(figsize=size, layout="constrained")
        grid = figure.subplots(len(panels), 1, sharex=True, squeeze=False)
        for axes, panel in zip(grid[:, 0], panels, strict=True):
            here = rows[rows["panel"] == panel]
            for number, name in enumerate(dict.fromkeys(here["series"])):
                line = here[here["series"] == name]
                axes.plot(line["point"], line["value"], **style.line(number), label=name)
            axes.set_ylim(0, here["value"].max() * 1.08)
            axes.yaxis.set_major_formatter(lambda tick, _: f"{tick:,.10g}")
            axes.set_title(panel)
            if beside:
                axes.legend(loc="center left", bbox_to_anchor=(1.01, 0.5))
            else:
                axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.12))
        labels = _labels(names)
        level = beside and sum(map(len, labels)) <= MOST_LEVEL
        place: dict[str, Any] = {} if level else {"rotation": 45, "ha": "right"}
        grid[-1, 0].set_xticks(list(names.index), labels, rotation_mode="anchor", **place)
        figure.supylabel(f"{quantity(rows)} per operation; lower is better", fontsize=8)
        return style.settle(figure)


def _labels(names: Iterable[str]) -> list[str]:
    """Return the kernels' versions, with what a distribution adds where that tells them apart."""
    whole = [str(name).removeprefix("Linux ") for name in names]
    plain = [".".join(map(str, kernel_changes.version(name))) for name in whole]
    told = plain if "" not in plain and len(set(plain)) == len(plain) else whole
    return [style.label(name, 24) for name in told]


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows, and what changed in between where that is known."""
    names = list(rows.sort_values("point")["machine"].drop_duplicates())
    known = kernel_changes.changes_between(
        kernel_changes.version(names[0]), kernel_changes.version(names[-1])
    )
    told = " ".join(f"Linux {change.name}: {change.what} ({change.source})." for change in known)
    return (
        f"{names[0]} to {names[-1]}. One call changes one resident page between two others; a "
        f"further page is the slope from {cost_per_page.LEAST_PAGES} pages on. Each panel has a scale "
        f"of its own. {interval_note(rows)} "
        f"{f'Known changes in between: {told}' if told else ''}"
    ).strip()


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    parts = []
    for series, line in rows[rows["panel"] == PAGE].groupby("series", sort=False):
        first, last = line["value"].iloc[0], line["value"].iloc[-1]
        parts.append(f"{series} from {formatting.figures(first)} to {formatting.figures(last)}")
    kernels = rows["point"].nunique()
    each = f" Instructions for each further page: {'; '.join(parts)}." if parts else ""
    return f"Lines of instruction counts over {kernels} kernels.{each}"


def _calls_and_pages(result_set: ResultSet) -> Iterator[dict[str, object]]:
    for row in records(cost_per_page.per_page(result_set)):
        if row["benchmark"] in WAYS:
            shared = {
                "machine": row["machine"],
                "series": WAYS[row["benchmark"]],
                "case": row["case"],
            }
            yield {**shared, "panel": CALL, "value": row["call"]}
            yield {**shared, "panel": PAGE, "value": row["page"]}


def _faults(result_set: ResultSet) -> Iterator[dict[str, object]]:
    for row in records(result_set.estimates[result_set.estimates["case"].isin(FAULTS)]):
        yield {
            "machine": row["machine"],
            "series": FAULTS[row["case"]],
            "case": row["case"],
            "panel": FAULT,
            "value": row["gross"],
        }
