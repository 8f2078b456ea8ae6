"""The case that others are compared with, and how many times its cost theirs are."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...interval import Interval
from ...estimate.ratio import Pair, ratios
from ...estimate.sample import Sample
from ...estimate.result_set import ResultSet

Place = tuple[str, str]  # a machine and a case

# What readers ask first, the first of these that was measured.
USUAL = (
    "switch/mprotect/pages:1",
    "protect/mprotect-rw-ro/pages:1",
    "syscall/mprotect-same",
    "syscall/getppid",
    "instruction/empty-loop",
)


def samples(result_set: ResultSet) -> dict[Place, Sample]:
    """Return the process-level figures of every measured case."""
    return {(machine, case): sample for (machine, _, case), sample in result_set.samples.items()}


def usual(result_set: ResultSet) -> str:
    """Return the case that a reader would compare the others with; "" of none."""
    measured = list(result_set.estimates["case"])
    present = set(measured)
    return next((case for case in USUAL if case in present), measured[0] if measured else "")


def against(found: Mapping[Place, Sample], bases: Mapping[Place, Place]) -> dict[Place, Interval]:
    """Return how many times what its base costs each place does; none of a base of its own."""
    same_run = all(place[0] == base[0] for place, base in bases.items())
    pairs = [(place, base) for place, base in bases.items() if base in found and place in found]
    return dict(
        zip(
            [place for place, _ in pairs],
            ratios([Pair(found[place], found[base], same_run) for place, base in pairs]),
            strict=True,
        )
    )


def of_case(case: str, places: Sequence[Place]) -> dict[Place, Place]:
    """Compare each place with one case on its own machine."""
    return {(machine, each): (machine, case) for machine, each in places if each != case}


def of_machine(machine: str, places: Sequence[Place]) -> dict[Place, Place]:
    """Compare each place with the same case on one machine."""
    return {(each, case): (machine, case) for each, case in places if each != machine}
