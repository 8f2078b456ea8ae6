"""Whether another hardware thread was on the core: no-ops and unpredictable branches tell.

On a shared machine the neighbour on the other thread of a core is most of the noise, and no counter
of ours tells of it: not steal, for nothing is taken away from the CPU that we see. One that keeps
the front end busy leaves us fewer no-ops. One that keeps the arithmetic units busy leaves us as
many, and lengthens the chains of dependent instructions that tell what a cycle is, a multiplication
more than an addition: then there seem to be more no-ops a cycle than the core can issue. One that
is awake and only waits takes nothing of all this, and yet a mispredicted branch costs more.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from statistics import median

# A core that seems to issue this many times slower, or faster, than alone has somebody else on it.
# On a Zen 3 core alone, readings lie within a hundredth of each other; beside no-ops from 1.02
# times that on a getppid took a tenth longer, where the neighbour mostly waited for memory, and
# half as much again beside 1.5 times (tests/benchmarks/smt_contention.py). On a Zen core whose neighbour
# used the arithmetic units, no-ops seemed to take 0.92 to 0.95 times as many cycles as alone, and a
# getppid took a fiftieth longer.
NOPS_CONTENDED = 1.02
# The same of steps with a branch that can't be predicted. On a Zen 5 core whose no-ops took what
# they do alone, they took 15.0 to 15.4 cycles or, for seconds on end, 15.9 to 17.3, and getppid
# and mprotect a fiftieth more then: the core's other thread was awake, if only to wait.
BRANCHES_CONTENDED = 1.03
# After which a process looks who else is on the core: shorter than neighbours mostly stay away or
# on it, and ten times longer than looking takes. Not where several threads or processes are at
# work: those that wait between two values may be who else is there, and they are in each other's
# way for longer than a piece, which a median of pieces would hide.
PIECE_SECONDS = 5e-5
# A multiplication takes three cycles on every x86 core with keys, a register addition one (Fog,
# Instruction tables, 2022). Chains further apart than this were disturbed, or the core is another.
# At least this share of all readings must agree: of those that a neighbour disturbs a twentieth do.
MULTIPLY_CYCLES, AGREE, LEAST_AGREEING = 3.0, 0.005, 0.1
# Readings of a core alone crowd together; neighbours that come and go spread theirs, and one that
# stays may have the largest crowd: the lowest counts that is at least this share of the largest,
# and LEAST_AGREEING of all.
CROWD = 1 / 3


def agree(add: float, multiply: float) -> bool:
    """Tell whether two chains took as many cycles as they do on a core alone."""
    return add > 0 and abs(multiply / add / MULTIPLY_CYCLES - 1) <= AGREE


def reading(cycles: float, add: float, multiply: float) -> tuple[float, bool]:
    """Return what one look says of no-ops, or of branches, as `best` takes it."""
    return cycles, agree(add, multiply)


def mostly_agree(agreeing: Sequence[bool]) -> bool:
    """Tell whether so many of all chains agree that they tell what a core cycle is."""
    return sum(agreeing) >= max(1, LEAST_AGREEING * len(agreeing))


def best(readings: Iterable[tuple[float, bool]], apart: float = NOPS_CONTENDED) -> float:
    """Return the cycles of a no-op, or of a branch, on a core alone; 0 where no reading tells.

    A reading is the cycles that it seemed to take, and whether the chains beside it agreed. Two
    crowds are `apart` from each other, as a ratio: `CROWDED`, for branches `AWAKE`.
    """
    every = list(readings)
    found = sorted(cycles for cycles, agreed in every if agreed)
    marks = [(start, bisect_right(found, apart * low)) for start, low in enumerate(found)]
    largest = max((end - start for start, end in marks), default=0)
    least = max(CROWD * largest, LEAST_AGREEING * len(every))
    large = (median(found[start:end]) for start, end in marks if end - start >= least)
    return next(large, 0.0)


def contended(cycles: float, best_cycles: float, apart: float = NOPS_CONTENDED) -> bool:
    """Tell whether no-ops, or branches, seem to have taken longer, or shorter, than alone."""
    return cycles > apart * best_cycles > 0 or 0 < cycles < best_cycles / apart


def cycle_seconds(add: float, nop_cycles: float, best_cycles: float) -> float:
    """Return what a core cycle takes: an addition, or less where no-ops show it to be disturbed."""
    return add * min(1.0, nop_cycles / best_cycles) if best_cycles and nop_cycles else add
