"""Build the table around the number of pages at which Linux stops flushing page by page."""

from __future__ import annotations

import pandas as pd

from ..estimate.result_set import ResultSet
from .protect_pages import TOUCH, by_pages
from .row_kinds import estimates

# tlb_single_page_flush_ceiling in arch/x86/mm/tlb.c: 33 unless debugfs sets another. Above it the
# kernel flushes the whole TLB instead of each page.
CEILING = 33
NEIGHBOURHOOD = range(16, 65)  # from half the ceiling to twice the ceiling, about


def around_ceiling(result_set: ResultSet) -> pd.DataFrame:
    """Return the cost of each change of protection near the ceiling; empty without the step."""
    found = by_pages(result_set)
    changes = found[found["panel"] != TOUCH]
    near = changes[changes["point"].isin(NEIGHBOURHOOD)]
    return near if has_step(near) else near.iloc[:0]


def has_step(rows: pd.DataFrame) -> bool:
    """Report whether a table has points on both sides of the step."""
    return {CEILING, CEILING + 1} <= {int(point) for point in estimates(rows)["point"]}
