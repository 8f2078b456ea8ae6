"""What a denied access costs, and what can be made of it."""

from __future__ import annotations

from ..estimate.cost_basis import as_measured
from .listing import Listing
from .sweep import Sweep

FAULTS = Listing(
    NAME="faults",
    TITLE="A denied store and its handler",
    cases=r"fault/[^/]+",
    operation="One operation is a store that is denied, the kernel's fault, and a handler that "
    "gives the right (repair), steps over the store (skip) or leaves by longjmp; not-present is a "
    "page that is not there.",
    basis=as_measured,
)

TRACKING = Sweep(
    NAME="tracking",
    TITLE="Finding out which pages were written",
    benchmarks=r"fault/track-.*",
    axis="pages",
    along="pages, each stored into",
    operation="One operation denies writing to a region, stores into each of its pages and learns "
    "which they were.",
)
