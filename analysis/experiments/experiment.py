"""An experiment that was published, to be done again here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from ..estimate.result_set import ResultSet
from .verdict import UNTOLD, Here, Judge, Verdict


@dataclass(frozen=True)
class Claim:
    """A shape that somebody published, its source, and how to see whether it is here."""

    says: str
    source: str
    judge: Judge
    counts: bool = False  # whether a path length can show it, which is no time


@dataclass(frozen=True)
class Experiment:
    """What to measure, what to draw, and what was published of it."""

    name: str
    what: str
    cases: Sequence[str]  # patterns, as `pkbench run` takes them
    points: Sequence[str]  # as -P takes them
    figure: str
    claims: Sequence[Claim]


@dataclass(frozen=True)
class Finding:
    """What became of a claim on one machine."""

    machine: str
    evidence: str
    claim: Claim
    verdict: Verdict


def judge(experiment: Experiment, stock: Sequence[ResultSet]) -> list[Finding]:
    """Return what became of each claim on each machine of each kind of evidence."""
    return [
        Finding(machine, result_set.evidence, claim, _verdict(claim, result_set, machine))
        for result_set in stock
        for machine in result_set.names
        for claim in experiment.claims
    ]


def _verdict(claim: Claim, result_set: ResultSet, machine: str) -> Verdict:
    if result_set.evidence == "function":
        return Verdict(UNTOLD, "times under emulation mean nothing")
    if result_set.exact and not claim.counts:
        return Verdict(UNTOLD, "it is a matter of time, and instruction counts are none")
    found = claim.judge(Here(result_set, machine))
    return Verdict(found.state, f"in instructions: {found.words}") if result_set.exact else found
