"""From result files to frames, estimates, figures and reports."""

from .document import ResultError
from .estimate import EvidenceError, Interval, estimates, processes, ratio
from .frame import load, tidy
from .result import Result, read

__all__ = [
    "EvidenceError",
    "Interval",
    "Result",
    "ResultError",
    "estimates",
    "load",
    "processes",
    "ratio",
    "read",
    "tidy",
]
