"""Declare the figures of changing protection in a process of several threads."""

from __future__ import annotations

from functools import partial

from ... import formatting
from ...derive import line_table
from .. import captions
from ..drawing import lines
from ..figure import Figure, sweep

THREADS = Figure(
    name="threads",
    title="Changing protection with more threads",
    needs="no case of the family threads was measured",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"threads/(?!mprotect-readers$|slot-).*",
        axis="threads",
        panels=((".*siblings", "one thread changes"), ("", "every thread changes its own")),
        fewest_points=1,
    ),
    draw=partial(lines.draw, along="threads (or processes)"),
    caption=captions.of(
        "Cost of one operation, as seen by the thread that does it, against the number of threads. "
        "Costs are as measured.",
        captions.interval_note,
    ),
    alt=partial(captions.alt_of_lines, along="threads", cost="the cost of one operation"),
)

SIBLINGS = sweep(
    name="siblings-pages",
    title="Changing protection while a sibling thread runs, by number of pages",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"threads/(pkey-)?mprotect-siblings-pages",
        axis="pages",
        panels=(("mprotect", "mprotect"), ("pkey", "pkey_mprotect")),
        name=lambda rows, _: rows["axis_siblings"].astype(str),
    ),
    along="pages",
    operation="One operation is one thread's change of a region's protection and back. Meanwhile, "
    "one other thread of the process sleeps, spins, makes system calls or takes faults, or there "
    "is none.",
)

READERS = sweep(
    name="readers",
    title="Changing protection while other threads read the region",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"threads/mprotect-readers",
        axis="threads",
        name=lambda rows, _: rows["axis_pages"].map(lambda n: formatting.count(n, "page")),
    ),
    along="threads, with the one changing protection",
    operation="One operation is one thread's change of a region's protection and back, while all "
    "other threads read the region from end to end.",
)

SLOTS = sweep(
    name="slots",
    title="Using and reusing a slot of memory in every thread",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"threads/slot-.*",
        axis="threads",
        name=lambda rows, along: (
            rows["benchmark"].astype(str).str.removeprefix("slot-")
            + line_table.other_points(rows, along)
        ),
    ),
    along="threads, each with a slot",
    operation="One operation makes a slot accessible, stores to each of its pages, drops the pages "
    "and makes the slot inaccessible: by mmap and munmap, by mprotect, or by WRPKRU with a key. An "
    "accessible slot is only stored to and dropped.",
)

REVOKE = sweep(
    name="revoke",
    title="Taking a right from all threads",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"switch/revoke-.*|domains/lru-threads",
        axis="threads",
    ),
    along="threads",
    operation="One operation takes the right to write to a page from every thread and gives it "
    "back. Revoke-threads sets a flag that each thread polls and answers with WRPKRU. "
    "Revoke-signal sends each thread a signal, whose handler changes PKRU in its frame. "
    "Revoke-mprotect is one thread's mprotect while the others run. Lru-threads moves a key that "
    "all threads hold to another domain.",
)
