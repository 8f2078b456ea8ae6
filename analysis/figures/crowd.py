"""What changes of protection cost while a sibling runs, and what taking a right from all costs."""

from __future__ import annotations

from .. import formatting
from .sweep import Sweep

SIBLINGS = Sweep(
    NAME="siblings-pages",
    TITLE="Changing protection while a sibling runs, by number of pages",
    benchmarks=r"threads/(pkey-)?mprotect-siblings-pages",
    axis="pages",
    along="pages",
    panels=(("mprotect", "mprotect"), ("pkey", "pkey_mprotect")),
    operation="One operation is a change of a region's protection and back by one thread, while "
    "one other thread of the process sleeps, spins, makes system calls or takes faults, or while "
    "there is none.",
    name=lambda rows, along: rows["axis_siblings"].astype(str),
)

READERS = Sweep(
    NAME="readers",
    TITLE="Changing protection while other threads read the region",
    benchmarks=r"threads/mprotect-readers",
    axis="threads",
    along="threads, the one that changes protection included",
    operation="One operation is a change of a region's protection and back by one thread, while "
    "all others read it from end to end.",
    name=lambda rows, along: rows["axis_pages"].map(lambda n: formatting.count(n, "page")),
)

REVOKE = Sweep(
    NAME="revoke",
    TITLE="Taking a right from all threads",
    benchmarks=r"switch/revoke-.*|domains/lru-threads",
    axis="threads",
    along="threads",
    operation="One operation takes the right to write to a page from every thread and gives it "
    "back: by a flag that each looks at and answers with WRPKRU (revoke-threads) or by one "
    "thread's mprotect while the others run (revoke-mprotect); lru-threads moves a key that all "
    "hold to another domain.",
)
