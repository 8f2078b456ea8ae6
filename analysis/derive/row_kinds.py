"""The kinds of rows that a table of costs holds."""

from __future__ import annotations

import pandas as pd

# What a row of a table is.
ESTIMATE, PROCESS, MISSING = "estimate", "process", "missing"
ASSUMED, PUBLISHED = "assumed", "published"


def quantity(table: pd.DataFrame) -> str:
    """Return what the value axis shows, without its unit."""
    if (table["unit"] == "cycles").any():
        return "core cycles"
    return "instructions" if is_exact(table) else "time"


def is_exact(table: pd.DataFrame) -> bool:
    """Tell whether a table holds counts, or what is made of them, rather than times."""
    return bool((table["evidence"] == "path length").any())


def estimates(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table that have a figure."""
    return table[table["what"] == ESTIMATE]
