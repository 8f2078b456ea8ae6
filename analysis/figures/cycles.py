"""Single instructions, calls into a domain and system calls in core cycles."""

from __future__ import annotations

from ..estimate.cost_basis import in_cycles
from .listing import Listing

CYCLES = Listing(
    NAME="cycles",
    TITLE="Instructions, gates and system calls in core cycles",
    cases=r"(instruction|syscall)/[^/]+"
    r"|instruction/(empty|wrpkru)-function/call:[^/]+"
    r"|switch/call-gate(-floor)?"
    r"|switch/wrpkru-raw/pages:1"
    r"|protect/(pkey-mprotect-0-k|mprotect-rw-ro)/pages:1",
    operation="Core cycles are told by chains of instructions of known latency timed beside each "
    "value, not by the TSC.",
    basis=in_cycles,
    without_basis="no result tells core cycles for a case that it shows",
)
