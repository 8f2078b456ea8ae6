"""A published experiment, which can be repeated here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..estimate.result_set import ResultSet
from .verdict import INCONCLUSIVE, Here, Judge, Verdict


@dataclass(frozen=True)
class Claim:
    """A published claim, its source, and the judge of whether results show it."""

    says: str
    source: str
    judge: Judge
    counts: bool = False  # whether instruction counts can show it, and not only times


@dataclass(frozen=True)
class Experiment:
    """What to measure, which figure to draw, and what was published."""

    name: str
    what: str
    cases: Sequence[str]  # patterns, as `pkbench run` takes them
    points: Sequence[str]  # as -P takes them
    figure: str  # its name
    claims: Sequence[Claim]


@dataclass(frozen=True)
class Finding:
    """The verdict on a claim on one machine."""

    machine: str
    evidence: str
    claim: Claim
    verdict: Verdict


def judge(experiment: Experiment, found: Sequence[ResultSet]) -> list[Finding]:
    """Return the verdict on each claim for each machine of each result set."""
    return [
        Finding(machine, result_set.evidence, claim, _verdict(claim, result_set, machine))
        for result_set in found
        for machine in result_set.names
        for claim in experiment.claims
    ]


def _verdict(claim: Claim, result_set: ResultSet, machine: str) -> Verdict:
    if result_set.evidence == "function":
        return Verdict(INCONCLUSIVE, "times under emulation mean nothing")
    if result_set.exact and not claim.counts:
        return Verdict(
            INCONCLUSIVE, "the claim is about time, which instruction counts do not show"
        )
    found = claim.judge(Here(result_set, machine))
    return Verdict(found.state, f"in instructions: {found.words}") if result_set.exact else found
