"""Sort the charts, tables and lists of one kind of evidence into subjects."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ...figures import Missing
from ...tables.table import Table
from .cost_lists import CostList, cost_list
from .listing import Listing
from .picture import Picture


@dataclass(frozen=True)
class Plan:
    """A subject, and the figures, tables and families that belong to it."""

    key: str
    title: str
    figures: str = r"\Z"  # names, as a regular expression, of figures and tables
    tables: str = r"\Z"
    families: Sequence[tuple[str, str]] = ()  # shown as lists, with their titles


PLANS = (
    Plan("kernels", "Across kernels", r"kernels", r"kernels"),
    Plan("ways", "Ways to switch", r"switch|flexos|erim|libmpk-table", r"switch"),
    Plan(
        "break-even", "Break-even", r"break-?even|affordable|rate", r"break-?even|affordable|rate"
    ),
    Plan(
        "pages",
        "By number of pages",
        r"pages|per-page|flush|kinds|backing|shared|residency|mprotect|libmpk-m",
        r"protect|pages",
    ),
    Plan(
        "threads",
        "By number of threads",
        r"threads|siblings|readers|slots|revoke|libmpk-t",
        r"threads",
    ),
    Plan(
        "domains",
        "By number of keys and domains",
        r"domain|keys?\b|rotate",
        r"domain|keys?\b|rotate",
        [("domains", "More domains than keys")],
    ),
    Plan(
        "faults",
        "Faults",
        r"fault|tracking",
        r"fault",
        [("fault", "Denied accesses and their handlers")],
    ),
    Plan(
        "kernel",
        "In the kernel",
        r"kernel|context|signal",
        r"kernel|context|signal",
        [("kernel", "Kernel costs of per-thread rights")],
    ),
    Plan(
        "applications",
        "Applications",
        r"application|phases|phoronix",
        r"application",
        [("application", "Whole requests, compared with unprotected control cases")],
    ),
    Plan(
        "primitives",
        "Single instructions and system calls",
        r"primitives|cycles|shadow|syscall|instruction",
    ),
    Plan("more", "More figures", r".*", r".*"),
)


@dataclass(frozen=True)
class Subject:
    """One subject of the page."""

    key: str
    title: str
    leads: Sequence[str]  # a sentence or two on what the figures show
    pictures: Sequence[Picture]
    missing: Sequence[Missing]
    tables: Sequence[Table]
    lists: Sequence[CostList]

    @property
    def shown(self) -> bool:
        """Return whether there is anything to show."""
        return bool(self.pictures or self.tables or self.lists)


def subjects(
    listing: Listing,
    pictures: Sequence[Picture],
    missing: Sequence[Missing],
    tables: Sequence[Table],
    leads: dict[str, list[str]],
) -> list[Subject]:
    """Return the subjects that have anything to show, in the order of `PLANS`."""
    figures = {picture.figure: _home(picture.figure, "figures") for picture in pictures}
    figures |= {each.name: _home(each.name, "figures") for each in missing}
    homes = {table.name: _home(table.name, "tables") for table in tables}
    found = [
        Subject(
            key=f"{listing.key}-on-{plan.key}",
            title=plan.title,
            leads=leads.get(plan.key, []),
            pictures=[p for p in pictures if figures[p.figure] is plan],
            missing=[m for m in missing if figures[m.name] is plan],
            tables=[t for t in tables if homes[t.name] is plan],
            lists=[
                shown
                for family, title in plan.families
                if (shown := cost_list(listing, family, title)) is not None
            ],
        )
        for plan in PLANS
    ]
    return [subject for subject in found if subject.shown]


def _home(name: str, kind: str) -> Plan:
    return next(plan for plan in PLANS if re.match(getattr(plan, kind), name))
