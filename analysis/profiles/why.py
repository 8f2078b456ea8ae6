"""What a report says of profiles: whose they are, and where a figure's time goes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from .. import words
from ..fields import text_of
from ..result import Result
from . import shares
from .read import CaseProfile, Profile, is_profile

SAME = ("cpu_model", "kernel")  # of the machine that was measured and the one that was profiled
LARGEST = 3  # causes in a sentence
LEAST = 0.005  # of something an operation, to two places
# The figures that the answer gives, in its order; of each the first that was profiled.
ANSWERED = (
    ("switch/mprotect/pages:1", "switch/mprotect"),
    ("protect/mprotect-rw-ro/pages:1", "protect/mprotect-rw-ro"),
    ("protect/mprotect-rw-ro/pages:33", ""),
    ("protect/mprotect-rw-ro/pages:34", ""),
    ("threads/mprotect-siblings/siblings:spinning/threads:2", ""),
)


def apart(paths: Sequence[Path]) -> tuple[list[Path], list[Path]]:
    """Return the paths of results, and those of profiles."""
    profiles = [path for path in paths if is_profile(path)]
    return [path for path in paths if path not in profiles], profiles


def fits(profile: Profile, result: Result) -> bool:
    """Tell whether a profile is of the machine and the kernel that a result is of."""
    return result.evidence == "silicon" and all(
        profile.machine.get(key) == text_of(result.machine.get(key)) for key in SAME
    )


def sentences(profile: Profile, costs: dict[str, float]) -> Iterator[str]:
    """Say of the answer's figures what they are made of.

    `costs` are seconds an operation, as measured, by case; of a case that isn't among them, what
    it took beside its profile.
    """
    for case, benchmark in ANSWERED:
        found = profile.of(case) or (_first(profile, benchmark) if benchmark else None)
        told = found and sentence(found, costs.get(found.case))
        if told:
            yield told


def sentence(case: CaseProfile, seconds: float | None = None) -> str:
    """Say what one case's time is made of; nothing where that isn't known."""
    seconds = seconds or case.seconds.get("alone")
    found = [each for each in shares.of_case(case) if each.share >= 0.01][:LARGEST]
    if not (found and seconds and case.samples):
        return ""
    parts = [
        f"{100 * each.share:.0f} % {_verb(place)}{each.cause}" for place, each in enumerate(found)
    ]
    number = sum(case.samples.timed.values())
    flushes = case.per_operation("tlb_flushes_local_mm")
    calls = case.per_operation("calls_to_other_cpus")
    counted = "; ".join(
        f"{number:,.2f} {what}"
        for number, what in ((flushes, "TLB flushes"), (calls, "calls to other CPUs"))
        if number is not None and number >= LEAST
    )
    counted = f"; {counted} an operation" if counted else ""
    return (
        f"Of the {words.seconds(seconds)} of {case.case}, {words.listed(parts)} "
        f"({number:,} samples{counted})."
    )


def _verb(place: int) -> str:
    return "" if place else "is "


def _first(profile: Profile, benchmark: str) -> CaseProfile | None:
    """Return the first case of a benchmark that was profiled."""
    found = (
        each
        for each in profile.cases
        if each.samples and "/".join(each.case.split("/")[:2]) == benchmark
    )
    return next(found, None)
