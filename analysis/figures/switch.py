"""The ways to open and close a region, at its smallest size."""

from __future__ import annotations

import pandas as pd
from matplotlib.figure import Figure

from .. import words
from ..costs import basis_note
from ..shelf import Shelf
from . import along, dots, named, style
from .chart import interval_note

NAME = "switch"
TITLE = "The ways to open and close a region"
NEEDS = "no case of the family switch was measured"


def table(shelf: Shelf) -> pd.DataFrame:
    """Return the costs of all ways at the smallest number of pages that was measured."""
    pages = smallest_size(shelf)
    estimates, cases = (_at(rows, pages) for rows in (shelf.estimates, shelf.cases))
    return named.table(estimates, cases, cases["benchmark"].map(words.way))


def draw(rows: pd.DataFrame, width: float = style.TWO_COLUMNS) -> Figure | None:
    """Draw the table."""
    return dots.draw(rows, width)


def caption(rows: pd.DataFrame) -> str:
    """Say what the figure shows."""
    pages = rows["case"].str.extract(r"/pages:(\d+)")[0].dropna()
    size = f" of {words.count(int(pages.iloc[0]), 'page')}" if len(pages) else ""
    return (
        f"One operation opens a region{size} for writing, stores to it and closes it again. "
        f"{basis_note(rows)} {interval_note(rows)}"
    )


def alt(rows: pd.DataFrame) -> str:
    """Say in words what can be seen."""
    return named.alt(rows)


def smallest_size(shelf: Shelf) -> int | None:
    """Return the smallest region size, in pages, at which a switch was measured."""
    rows = _ways(shelf.estimates)
    return None if rows.empty else int(rows["axis_pages"].astype(int).min())


def _at(rows: pd.DataFrame, pages: int | None) -> pd.DataFrame:
    ways = _ways(rows)
    return ways if pages is None else ways[ways["axis_pages"] == pages]


def _ways(rows: pd.DataFrame) -> pd.DataFrame:
    return along.nothing_else(rows[rows["family"] == "switch"], "pages")
