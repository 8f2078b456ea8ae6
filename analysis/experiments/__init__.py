"""Published experiments, each declared once: what to run, what to draw, what to look for."""

from __future__ import annotations

import difflib

from ..reading.bounded_json import ResultError
from .declared import EXPERIMENTS
from .experiment import Claim, Experiment, Finding, judge
from .verdict import NOT_SEEN, SEEN, UNTOLD, Verdict

__all__ = [
    "EXPERIMENTS",
    "NOT_SEEN",
    "SEEN",
    "UNTOLD",
    "Claim",
    "Experiment",
    "Finding",
    "Verdict",
    "judge",
    "named",
]


def named(name: str) -> Experiment:
    """Return the experiment of that name.

    Raises ResultError, which lists them all, where there is none.
    """
    known = {experiment.name: experiment for experiment in EXPERIMENTS}
    if name in known:
        return known[name]
    near = difflib.get_close_matches(name, known, n=1)
    hint = f" (did you mean {near[0]}?)" if near else ""
    raise ResultError(f"there is no experiment {name!r}{hint}; there are: {', '.join(known)}")
