"""Detect SMT contention: whether the other hardware thread of the core was busy.

On a shared machine this is most of the noise, and no counter of ours shows it. Steal time does not:
nothing is taken from the CPU that we see. Three readings show it instead:

- A thread that keeps the front end busy leaves us fewer no-ops per cycle.
- A thread that keeps the arithmetic units busy leaves us as many no-ops, but lengthens the chains
  of dependent instructions that calibrate the core clock. A multiplication is lengthened more than
  an addition. No-ops then seem to take fewer cycles than the core can issue them in.
- A thread that is awake and only waits changes neither, but makes a mispredicted branch cost more.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import median

# A no-op that takes this many times more, or fewer, cycles than an uncontended one is contended.
# On an uncontended Zen 3 core, readings lie within a hundredth of each other. From readings of 1.02
# times that on, a getppid took a tenth longer, where the other thread mostly waited for memory. At
# 1.5 times it took half as much again (tests/benchmarks/smt_contention.py). On a Zen core whose
# other thread used the arithmetic units, no-ops seemed to take 0.92 to 0.95 times as many cycles as
# uncontended ones, and a getppid took a fiftieth longer.
NOPS_CONTENDED = 1.02
# The same limit for a step with an unpredictable branch. On a Zen 5 core with uncontended no-ops,
# such steps took 15.0 to 15.4 cycles or, for seconds on end, 15.9 to 17.3. In the second case
# getppid and mprotect took a fiftieth longer: the core's other thread was awake, if only to wait.
BRANCHES_CONTENDED = 1.03
# Seconds of a piece of a value, after which a process checks for contention. It is shorter than
# most changes of contention, and ten times longer than the check. Cases with several threads or
# processes are not checked: the other thread of the core may be one of their own. They also delay
# each other for longer than a piece, which the median over pieces would hide.
PIECE_SECONDS = 5e-5
# A multiplication takes three cycles on every x86 core with keys, a register addition one (Fog,
# Instruction tables, 2022). If the two chains differ from this ratio by more than TOLERANCE, they
# were disturbed or the core is another. At least LEAST_CONSISTENT of all calibrations must be
# consistent: under contention, a twentieth are.
MULTIPLY_CYCLES, TOLERANCE, LEAST_CONSISTENT = 3.0, 0.005, 0.1
# Uncontended readings form a cluster. Changing contention spreads its readings out, but lasting
# contention may form the largest cluster. So the lowest cluster counts that has at least this share
# of the largest one's readings, and LEAST_CONSISTENT of all readings.
CLUSTER_SHARE = 1 / 3


def piece_loops(loops: int, seconds: float) -> int:
    """Return how many iterations a piece of a value has, where `loops` take `seconds`.

    Returns 0, for no pieces, where it is not known how long they take.
    """
    return max(1, int(PIECE_SECONDS / seconds * loops)) if seconds else 0


def consistent(add_seconds: float, multiply_seconds: float) -> bool:
    """Return whether the two chains of a core-clock calibration have the ratio they should have."""
    return (
        add_seconds > 0 and abs(multiply_seconds / add_seconds / MULTIPLY_CYCLES - 1) <= TOLERANCE
    )


def mostly_consistent(calibrations: Sequence[bool]) -> bool:
    """Return whether enough calibrations are consistent to convert seconds to core cycles."""
    return sum(calibrations) >= max(1, LEAST_CONSISTENT * len(calibrations))


def uncontended_cycles(
    readings: Iterable[tuple[float, bool]], limit: float = NOPS_CONTENDED
) -> float:
    """Return the core cycles of a no-op, or of a branch, without contention; 0 if not known.

    A reading is the cycles it seemed to take, and whether the calibration taken with it was
    consistent. Two clusters differ by a factor of `limit`: NOPS_CONTENDED for no-ops,
    BRANCHES_CONTENDED for branches.
    """
    every = list(readings)
    found = sorted(cycles for cycles, trusted in every if trusted)
    clusters = [(start, bisect_right(found, limit * low)) for start, low in enumerate(found)]
    largest = max((end - start for start, end in clusters), default=0)
    least = max(CLUSTER_SHARE * largest, LEAST_CONSISTENT * len(every))
    large = (median(found[start:end]) for start, end in clusters if end - start >= least)
    return next(large, 0.0)


def contended(cycles: float, best_cycles: float, limit: float = NOPS_CONTENDED) -> bool:
    """Return whether a reading of `cycles` shows contention; never if `best_cycles` is 0."""
    return cycles > limit * best_cycles > 0 or 0 < cycles < best_cycles / limit


def cycle_seconds(add_seconds: float, nop_cycles: float, best_cycles: float) -> float:
    """Return the seconds of a core cycle: an addition's, corrected where no-ops show contention."""
    if not (best_cycles and nop_cycles):
        return add_seconds
    return add_seconds * min(1.0, nop_cycles / best_cycles)
