"""Turn result files into frames, estimates, figures and reports.

>>> import pkbench.analysis as pka
>>> frame = pka.load(["result.json"])        # a row per value; `help(pka.tidy)` explains columns
>>> pka.estimates(frame)                     # a row per case, with intervals
>>> pka.figure("pages", frame)               # a matplotlib figure, as a notebook shows it
>>> pka.figure("switch", frame, pka.asked(["result.json"]))  # marks skipped cases

Modules are imported at the first use of a name: importing pandas and scipy takes seconds.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .estimate.estimate import EvidenceError, estimates
    from .estimate.frame import load, tidy
    from .estimate.per_process import processes
    from .estimate.ratio import ratio
    from .estimate.result_set import ResultSet, result_sets
    from .interval import Interval
    from .notebook import asked, chart, figure
    from .reading.bounded_json import ResultError
    from .reading.result import Result, read
    from .report.report import write

__all__ = [
    "EvidenceError",
    "Interval",
    "Result",
    "ResultError",
    "ResultSet",
    "asked",
    "chart",
    "estimates",
    "figure",
    "load",
    "processes",
    "ratio",
    "read",
    "result_sets",
    "tidy",
    "write",
]

_HOMES = {
    "reading.bounded_json": ("ResultError",),
    "estimate.estimate": ("EvidenceError", "estimates"),
    "estimate.frame": ("load", "tidy"),
    "interval": ("Interval",),
    "notebook": ("asked", "chart", "figure"),
    "estimate.per_process": ("processes",),
    "estimate.ratio": ("ratio",),
    "report.report": ("write",),
    "reading.result": ("Result", "read"),
    "estimate.result_set": ("ResultSet", "result_sets"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
