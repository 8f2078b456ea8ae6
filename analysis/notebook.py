"""Figures of a tidy frame, for notebooks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

import pandas as pd
from matplotlib.figure import Figure

from . import figures
from .estimate.case_list import CASE_FACTS, cases
from .estimate.estimate import one_evidence
from .estimate.machine_names import named
from .estimate.result_set import ResultSet
from .figures import figure_files
from .figures.drawing import style
from .reading.assumption import Assumption
from .reading.bounded_json import ResultError
from .reading.result import read


def asked(paths: Iterable[str | Path]) -> pd.DataFrame:
    """Return a row per case that was asked for in some result files, with its state and the reason.

    A tidy frame holds measured cases only; this table also has those that were skipped or failed.
    For its columns see `case_list.cases`. Raises ResultError where a file is invalid.
    """
    return cases(named([read(path) for path in paths]))


def figure(
    name: str,
    frame: pd.DataFrame,
    asked: pd.DataFrame | None = None,
    width: str = "two",
    published: bool = False,
    assumptions: Sequence[str] = (),
) -> Figure:
    """Return a figure by its name, drawn from a tidy frame as `load` gives it.

    The frame may be any selection of rows that keeps what its cases are net of (`floor`). `asked`,
    a table as the function `asked` returns it, adds marks for cases that were not measured. `width`
    is "one" or "two" columns of a paper. `published` adds published figures of other machines.
    `assumptions` are texts such as "wrpkru=11-260cycles, SOURCE".

    Nothing global changes: not matplotlib's backend, not its settings, not pyplot's current figure.
    Raises ResultError where there is no such figure, or the frame has no data for it or has a case
    without its floor, and EvidenceError where the frame holds several kinds of evidence.
    """
    return chart(name, frame, asked, width, published, assumptions).figure


def chart(
    name: str,
    frame: pd.DataFrame,
    asked: pd.DataFrame | None = None,
    width: str = "two",
    published: bool = False,
    assumptions: Sequence[str] = (),
) -> figures.Chart:
    """Return a figure with its table, caption and alternative text; see `figure`."""
    if width not in style.WIDTHS:
        raise ResultError(f"a figure is {' or '.join(style.WIDTHS)} columns wide, not {width!r}")
    evidence = one_evidence(frame)
    _check_floors(frame, asked)
    listed = _measured(frame)
    if asked is not None:
        asked = asked[asked["evidence"] == evidence]
        known = set(zip(listed["machine"], listed["case"], strict=True))
        others = [
            state != "measured" and (machine, case) not in known
            for machine, case, state in zip(
                asked["machine"], asked["case"], asked["state"], strict=True
            )
        ]
        listed = pd.concat([listed, asked[others]])
    result_set = ResultSet(
        evidence=evidence,
        machines=(),
        frame=frame,
        assumptions=tuple(Assumption.parse(text) for text in assumptions),
        listed=listed.reset_index(drop=True),
    )
    wanted = figure_files.chosen([name])[0]
    found = figures.chart(wanted, result_set, style.WIDTHS[width], published)
    if isinstance(found, figures.Missing):
        raise ResultError(f"{name}: {found.reason}")
    return found


def _check_floors(frame: pd.DataFrame, asked: pd.DataFrame | None) -> None:
    """Raise ResultError where a selection has a case without its floor.

    Its cost as measured would be drawn where others have theirs net of the overhead. A floor that
    was asked for and not measured is no fault of the selection.
    """
    known = set(frame["case"])
    if asked is not None:
        known |= set(asked.loc[asked["state"] != "measured", "case"])
    for case, floor in frame[["case", "floor"]].drop_duplicates().itertuples(index=False):
        if floor and floor not in known:
            raise ResultError(
                f"the frame has {case} without {floor}, which its cost is net of: keep that too."
            )


def _measured(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the cases in a frame, in the form of the table of `asked`."""
    axes = [column for column in frame.columns if column.startswith("axis_")]
    rows = frame.drop_duplicates(["machine", "case"]).assign(reason="", operation="")
    rows = rows[[*CASE_FACTS, *axes]]
    facts = [fact for fact in CASE_FACTS if fact != "slope"]
    return rows.assign(**{fact: rows[fact].astype(str) for fact in facts})
