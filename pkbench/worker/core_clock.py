"""How fast a core is, and how much of it is ours: chains of known latency, no-ops, branches."""

import os
import time
from typing import NamedTuple

from pkbench._native import ffi, lib
from pkbench.turns import at_the_last_cpu

# A fifth of a millisecond: long enough that reading the clocks is less than a thousandth of it.
CHAIN_CYCLES = 800_000
# Seconds between two looks at the core, so that they see it at many moments.
PAUSE = 0.002
# Seconds that others are waited for: a look beside them is better than none.
PATIENCE = 10.0


class Chain(NamedTuple):
    """What was read of the core here and now; zeros where this build knows no such chain."""

    add_seconds: float  # one core cycle
    multiply_seconds: float  # three
    nop_cycles: float  # core cycles for each of many no-ops
    branch_cycles: float  # core cycles of a step whose branch can't be predicted; 0 where not read


def chain(branches: bool) -> Chain:
    """Read the core that this thread runs on; the branches, a quarter of the time, where asked."""
    found = ffi.new("struct pk_core_clock *")
    lib.pk_core_clock_measure(CHAIN_CYCLES, found)
    add = float(found.add_seconds)
    branch_seconds = lib.pk_branch_seconds() if branches else 0.0
    nop_cycles, branch_cycles = (
        seconds / add if add else 0.0 for seconds in (float(found.nop_seconds), branch_seconds)
    )
    return Chain(add, float(found.multiply_seconds), nop_cycles, branch_cycles)


def looks_for(seconds: float) -> list[Chain]:
    """Look at the core again and again for so long.

    At the last CPU that this thread may use, where cases are measured, and in turns with them.
    """
    allowed = os.sched_getaffinity(0)
    with at_the_last_cpu(PATIENCE).turn():
        os.sched_setaffinity(0, {max(allowed)})
        end = time.monotonic() + seconds
        found = []
        while time.monotonic() < end:
            found.append(chain(branches=True))
            time.sleep(PAUSE)
        os.sched_setaffinity(0, allowed)
    return found
