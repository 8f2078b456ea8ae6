"""Declare the figures of single instructions and system calls."""

from __future__ import annotations

from functools import partial

from ...derive import dot_table, ratio_table
from ...estimate.cost_basis import in_cycles
from ..figure import listing, ratios

PRIMITIVES = listing(
    name="primitives",
    title="Single instructions and system calls",
    needs="no case of the families instruction and syscall was measured",
    # Cases without axes: what is swept along an axis has no place in a list.
    table=partial(dot_table.of_cases, cases=r"(instruction|syscall)/[^/]+"),
    operation="Single instructions are unrolled. Empty-loop is one iteration of the timing loop.",
)

CYCLES = listing(
    name="cycles",
    title="Instructions, gates and system calls in core cycles",
    needs="no case that it shows was measured in core cycles",
    table=partial(
        dot_table.of_cases,
        cases=r"(instruction|syscall)/[^/]+"
        r"|instruction/(empty|wrpkru)-function/call:[^/]+"
        r"|switch/call-gate(-floor)?"
        r"|switch/wrpkru-raw/pages:1"
        r"|protect/(pkey-mprotect-0-k|mprotect-rw-ro)/pages:1",
        basis=in_cycles,
    ),
    operation="Core cycles come from the core-clock calibration, which is timed with each value. "
    "They are not cycles of the TSC.",
)

SHADOW = ratios(
    name="shadow",
    title="WRPKRU in the shadow of other work",
    cases=r"instruction/(wrpkru-(after|before)-)?(alu|load|miss|stores|l1-loads)(/.*)?",
    controls=ratio_table.without_wrpkru,
    control="the same work without WRPKRU",
    operation="No access passes WRPKRU, so its cost depends on the loads and stores in flight. "
    "Each row is work with a WRPKRU before or after it.",
)
