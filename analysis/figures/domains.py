"""More domains than keys, and going through the keys there are."""

from __future__ import annotations

from ..estimate.cost_basis import costs
from .sweep import Sweep

DOMAINS = Sweep(
    NAME="domains",
    TITLE="More domains than keys",
    benchmarks=r"domains/(lru|mprotect|process)",
    axis="domains",
    along="domains",
    panel_axis="pattern",
    operation="One operation allows writing to a domain, stores a byte there and denies it again. "
    "With lru each domain has a key, taken by pkey_mprotect from the one least recently entered "
    "where none is free; with mprotect each is opened and closed by mprotect; with process each is "
    "the memory of another process on the same CPU, which is asked by futex to store the byte.",
)

KEYS = Sweep(
    NAME="keys",
    TITLE="Going through the keys",
    benchmarks=r"switch/rotate",
    axis="keys",
    along="keys in turn",
    basis=costs,
    operation="One operation opens the next domain, stores once into each cache line of so many "
    "bytes of it, and closes it.",
    name=lambda rows, along: rows["axis_bytes"].astype(str) + " bytes",
)
