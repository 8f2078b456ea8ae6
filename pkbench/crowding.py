"""Whether another hardware thread used the core: then it issues fewer no-ops a cycle.

On a shared machine the neighbour on the other thread of a core is most of the noise, and no counter
of ours tells of it: not steal, for nothing is taken away from the CPU that we see; not a chain of
dependent instructions, which leaves most of the core unused anyway.
"""

from collections.abc import Iterable

# A core that issues this many times slower than at its best has somebody else on it. On a Zen 3
# core alone, readings lie within a hundredth of the best; beside no-ops from 1.02 times that on a
# getppid took a tenth longer, where the neighbour mostly waited for memory, and half as much again
# beside 1.5 times (tests/benchmarks/crowding.py).
CROWDED = 1.02
# After which a process looks who else is on the core: shorter than neighbours mostly stay away or
# on it, and ten times longer than looking takes. Not where several threads or processes are at
# work: those that wait between two values may be who else is there, and they are in each other's
# way for longer than a piece, which a median of pieces would hide.
PIECE_SECONDS = 5e-5
# The best is what this share of all readings are faster than: not the fastest, which may be wrong.
BEST = 0.01


def best(nop_cycles: Iterable[float]) -> float:
    """Return the cycles that a no-op takes at best, of many readings; 0 of none."""
    found = sorted(nop_cycles)
    return found[int(BEST * len(found))] if found else 0.0


def crowded(nop_cycles: float, best_cycles: float) -> bool:
    """Tell whether no-ops took so long that somebody else used the core."""
    return nop_cycles > CROWDED * best_cycles > 0
