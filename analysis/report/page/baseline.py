"""Compare cases with a baseline: another case on the same machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...estimate.ratio import of_sides
from ...estimate.result_set import ResultSet
from ...estimate.sample import Sample
from ...interval import Interval

Place = tuple[str, str]  # a machine and a case

# The default baseline is the first of these that was measured.
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
    """Return the default baseline case; "" where nothing was measured."""
    measured = list(result_set.estimates["case"])
    present = set(measured)
    return next((case for case in USUAL if case in present), measured[0] if measured else "")


def against(found: Mapping[Place, Sample], bases: Mapping[Place, Place]) -> dict[Place, Interval]:
    """Return the ratio of each place's cost to that of its base.

    Pairs of which either side was not measured are left out.
    """
    return {
        place: of_sides(found[place], found[base])
        for place, base in bases.items()
        if base in found and place in found
    }


def of_case(case: str, places: Sequence[Place]) -> dict[Place, Place]:
    """Return as each place's base one case on the same machine."""
    return {(machine, each): (machine, case) for machine, each in places if each != case}
