"""Published experiments: results in, and a verdict on each published claim out."""

from __future__ import annotations

import difflib

from ..reading.bounded_json import ResultError
from . import protecting_memory, switching
from .experiment import Claim, Experiment, Finding, judge
from .verdict import INCONCLUSIVE, NOT_SEEN, SEEN, Verdict

__all__ = [
    "EXPERIMENTS",
    "INCONCLUSIVE",
    "NOT_SEEN",
    "SEEN",
    "Claim",
    "Experiment",
    "Finding",
    "Verdict",
    "judge",
    "named",
]

EXPERIMENTS = (*switching.EXPERIMENTS, *protecting_memory.EXPERIMENTS)


def named(name: str) -> Experiment:
    """Return an experiment by its name; raise ResultError, which lists all, where there is none."""
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise ResultError(f"there is no experiment {name!r}{hint}; available: {', '.join(known)}")
