"""Declare the figures of applications and kernel paths, with protection and without."""

from __future__ import annotations

from functools import partial

from ...derive import dot_table, ratio_table
from ..figure import listing, ratios

KERNEL = ratios(
    name="kernel",
    title="What keys cost inside the kernel",
    cases=r"kernel/[^/]+(/(rights|pkru):[^/]+)?(/bytes:1)?",
    controls=ratio_table.without_keys,
    control="the same path without keys",
    operation="Threads, processes, signals, context switches and copies of one byte, with PKRU "
    "unchanged, changed or zero, or with rights that allow or deny.",
)

APPLICATIONS = ratios(
    name="applications",
    title="Applications with protection, compared with the same without",
    cases=r"application/.*",
    controls=ratio_table.unprotected,
    control="the same application without protection",
    operation="One operation is one request. The protected memory is opened for it and closed "
    "after it.",
    rates=True,
)

PHASES = listing(
    name="phases",
    title="The Phoronix example, phase by phase",
    needs="no phase of application/phoronix-example was measured",
    table=partial(
        dot_table.of_cases,
        cases=r"application/phoronix-example/(.*/)?phase:[^/]+(/.*)?",
        label=lambda rows: rows["axis_phase"].astype(str),
    ),
    operation="The example of 2016 allocates a key with writing denied, tags a page, opens it, "
    "writes, closes, unmaps and frees. Each phase is a case of its own.",
)
