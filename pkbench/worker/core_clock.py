"""Calibrate the core clock: dependent instructions of known latency, no-ops, branches."""

import os
import time
from typing import NamedTuple

from pkbench._native import ffi, lib
from pkbench.turns import at_the_last_cpu

# A fifth of a millisecond: long enough that reading the clocks is less than a thousandth of it.
CHAIN_CYCLES = 800_000
# Seconds between two calibrations, so that they sample many moments.
PAUSE = 0.002
# Seconds to wait for the turns of others: a calibration next to them is better than none.
PATIENCE = 10.0


class CoreClock(NamedTuple):
    """One calibration of the core clock; all zero where the build has none for the CPU."""

    add_seconds: float  # of an addition that depends on the one before: one core cycle
    multiply_seconds: float  # of a dependent multiplication: three core cycles
    nop_cycles: float  # core cycles of each of many no-ops
    branch_cycles: float  # of a step with an unpredictable branch; 0 if not measured


def calibrate_clock(branches: bool) -> CoreClock:
    """Calibrate the clock of the core that this thread runs on.

    With `branches`, measure unpredictable branches too; they are a quarter of the time.
    """
    found = ffi.new("struct pk_core_clock *")
    lib.pk_core_clock_measure(CHAIN_CYCLES, found)
    add = float(found.add_seconds)
    branch_seconds = lib.pk_branch_seconds() if branches else 0.0
    nop_cycles, branch_cycles = (
        seconds / add if add else 0.0 for seconds in (float(found.nop_seconds), branch_seconds)
    )
    return CoreClock(add, float(found.multiply_seconds), nop_cycles, branch_cycles)


def calibrate_clock_for(seconds: float) -> list[CoreClock]:
    """Calibrate the core clock again and again, for so many seconds.

    It runs where cases are measured, on the last CPU that this thread may use, and takes turns with
    them.
    """
    allowed = os.sched_getaffinity(0)
    with at_the_last_cpu(PATIENCE).turn():
        os.sched_setaffinity(0, {max(allowed)})
        end = time.monotonic() + seconds
        found = []
        while time.monotonic() < end:
            found.append(calibrate_clock(branches=True))
            time.sleep(PAUSE)
        os.sched_setaffinity(0, allowed)
    return found
