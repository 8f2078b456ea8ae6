"""From result files to frames, estimates, figures and reports.

>>> import pkbench.analysis as pka
>>> frame = pka.load(["result.json"])        # a row a value; `help(pka.tidy)` explains each column
>>> pka.estimates(frame)                     # a row a case, with intervals
>>> pka.figure("pages", frame)               # a matplotlib figure, which a notebook shows
>>> pka.figure("switch", frame, pka.asked(["result.json"]))  # what was skipped is marked

Names load when they are first used: pandas and scipy take seconds, and not every use needs them.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .document import ResultError
    from .estimate import EvidenceError, Interval, estimates, ratio
    from .frame import load, tidy
    from .notebook import asked, chart, figure
    from .per_process import processes
    from .report import write
    from .result import Result, read
    from .shelf import Shelf, shelves

__all__ = [
    "EvidenceError",
    "Interval",
    "Result",
    "ResultError",
    "Shelf",
    "asked",
    "chart",
    "estimates",
    "figure",
    "load",
    "processes",
    "ratio",
    "read",
    "shelves",
    "tidy",
    "write",
]

_HOMES = {
    "document": ("ResultError",),
    "estimate": ("EvidenceError", "Interval", "estimates", "ratio"),
    "frame": ("load", "tidy"),
    "notebook": ("asked", "chart", "figure"),
    "per_process": ("processes",),
    "report": ("write",),
    "result": ("Result", "read"),
    "shelf": ("Shelf", "shelves"),
}


def __getattr__(name: str) -> Any:
    for home, names in _HOMES.items():
        if name in names:
            return getattr(import_module(f".{home}", __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
