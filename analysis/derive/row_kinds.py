"""Name the kinds of rows that a table of costs holds."""

from __future__ import annotations

import pandas as pd

# The values of the column `what`.
ESTIMATE, PROCESS, MISSING = "estimate", "process", "missing"
ASSUMED, PUBLISHED = "assumed", "published"


def quantity(table: pd.DataFrame) -> str:
    """Return what the values of a table measure, without the unit."""
    if (table["unit"] == "cycles").any():
        return "core cycles"
    return "instructions" if is_exact(table) else "time"


def is_exact(table: pd.DataFrame) -> bool:
    """Report whether a table holds exact counts, or figures derived from them, and not times."""
    return bool((table["evidence"] == "path length").any())


def estimates(table: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table that have an estimate."""
    return table[table["what"] == ESTIMATE]
