"""Declare the figures of more domains than keys, and of going through all keys."""

from __future__ import annotations

from functools import partial

from ...derive import line_table
from ...estimate.cost_basis import costs
from ..figure import sweep

DOMAINS = sweep(
    name="domains",
    title="More domains than keys",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"domains/(lru|mprotect|process)",
        axis="domains",
        panel_axis="pattern",
    ),
    along="domains",
    operation="One operation allows writing to a domain, stores a byte there and denies writing "
    "again. With lru each domain has a key; where none is free, pkey_mprotect takes the key of the "
    "domain least recently entered. With mprotect each domain is opened and closed by mprotect. "
    "With process each domain is the memory of another process on the same CPU, which is asked by "
    "futex to store the byte.",
)

KEYS = sweep(
    name="keys",
    title="Going through the keys",
    table=partial(
        line_table.of_benchmarks,
        benchmarks=r"switch/rotate",
        axis="keys",
        basis=costs,
        name=lambda rows, _: rows["axis_bytes"].astype(str) + " bytes",
    ),
    along="keys in turn",
    operation="One operation opens the next domain, stores once into each of its cache lines, and "
    "closes it. The lines are named after the bytes in a domain.",
)
