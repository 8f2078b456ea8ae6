"""The step where Linux stops flushing page by page."""

from __future__ import annotations

import pandas as pd

from .row_kinds import estimates

# arch/x86/mm/tlb.c: tlb_single_page_flush_ceiling, 33 unless set otherwise in debugfs. Above it
# the kernel flushes the whole TLB instead of page by page.
CEILING = 33


def has_step(rows: pd.DataFrame) -> bool:
    """Tell whether the table has points on both sides of the step."""
    return {CEILING, CEILING + 1} <= {int(point) for point in estimates(rows)["point"]}
