"""Compare cases with a baseline: another case on the same machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ...estimate.ratio import Pair, ratios
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
    """Return as each place's base one case on the same machine."""
    return {(machine, each): (machine, case) for machine, each in places if each != case}
