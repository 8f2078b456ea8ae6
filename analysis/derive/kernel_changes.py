"""Build the table of costs from kernel to kernel, and list the known changes between kernels."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from ..estimate.frame import records
from ..estimate.result_set import ResultSet
from ..reading.fields import text_of
from ..reading.result import Result
from . import cost_per_page
from .line_table import COLUMNS
from .row_kinds import ESTIMATE

Version = tuple[int, ...]


@dataclass(frozen=True)
class Change:
    """A change of the kernel that affects the cost of changing protection, with its source."""

    name: str  # the version that brought it
    what: str
    source: str

    @property
    def version(self) -> Version:
        """The version that brought it, as numbers."""
        return version(self.name)


CHANGES = (
    Change("5.19", "no flush where the architecture needs none", "N. Amit, in the commit's text"),
    Change(
        "6.1",
        "making a private page writable again takes effect at once instead of in the fault of the "
        "next store",
        "read in its source",
    ),
    Change(
        "6.4",
        "a fault takes the lock of its mapping instead of the lock of the address space",
        "read in its source",
    ),
    Change(
        "6.17",
        "mprotect handles the pages of a large folio together, which slows small folios down",
        "commit cac1db8c3aad; L. Yang, linux-mm, 13 February 2026: 4,000 KiB from 18.8 to 44.1 µs "
        "on an EPYC Milan",
    ),
    Change(
        "7.3",
        "fewer loops and calls in that path; the change came in this version or shortly before",
        "P. Falcato, linux-mm, March and April 2026; contained in the source of 7.3",
    ),
)

CALL, PAGE, FAULT = "one call, one page", "each further page", "signals and faults"
PANELS = (CALL, PAGE, FAULT)
FEWEST_KERNELS = 3
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


def by_kernel(result_set: ResultSet) -> pd.DataFrame:
    """Return the instructions of each operation in each kernel, kernels in order of version.

    `point` is the kernel's place in that order. The table is empty for times, for fewer kernels
    than FEWEST_KERNELS, and where none of its cases was counted.
    """
    ordered = kernels(result_set)
    found = [*_calls_and_pages(result_set), *_faults(result_set)] if result_set.exact else []
    if not found or len(ordered) < FEWEST_KERNELS:
        return pd.DataFrame(columns=COLUMNS)
    place = {name: number for number, (name, _) in enumerate(ordered)}
    rows = pd.DataFrame(found)
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
    order = {panel: number for number, panel in enumerate(PANELS)}
    rows = rows.sort_values(
        ["panel", "point"], key=lambda c: c.map(order) if c.name == "panel" else c
    )
    return rows[COLUMNS].reset_index(drop=True)


def version(text: str) -> Version:
    """Return the version in a text as numbers: (6, 12, 117) for `Linux 6.12.117-1`, else ()."""
    found = re.search(r"\d+(?:\.\d+)+", text)
    return tuple(int(number) for number in found[0].split(".")) if found else ()


def kernels(result_set: ResultSet) -> list[tuple[str, Result]]:
    """Return the machines of a result set, ordered by the versions of their kernels."""

    def order(machine: tuple[str, Result]) -> Version:
        facts = machine[1].machine
        return version(text_of(facts.get("kernel_version")) or text_of(facts.get("kernel")))

    return sorted(result_set.machines, key=order)


def changes_between(first: Version, last: Version) -> Sequence[Change]:
    """Return the changes after the version `first`, up to and including the version `last`."""
    return [change for change in CHANGES if first < change.version <= last]


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
