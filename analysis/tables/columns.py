"""Lay rows of text out in aligned columns, as a terminal shows them."""

from __future__ import annotations

from collections.abc import Sequence


def aligned(rows: Sequence[Sequence[str]], text_columns: int | None = None) -> list[str]:
    """Return a line for each row, its cells padded to their columns' widths.

    The first `text_columns` columns are text and aligned to the left. The others are numbers and
    aligned to the right. Without `text_columns` all columns are text. Columns are two spaces apart;
    no line ends in a space. All rows must have as many cells; without a row there is no line.
    """
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    left = len(widths) if text_columns is None else text_columns
    return [
        "  ".join(
            cell.ljust(width) if place < left else cell.rjust(width)
            for place, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
