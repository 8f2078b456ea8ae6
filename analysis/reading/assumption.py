"""What a reader takes a primitive to cost that could not be measured."""

from __future__ import annotations

import re
from dataclasses import dataclass

from .. import formatting
from .bounded_json import ResultError

UNITS = {"cycles": None, "ns": 1e-9, "us": 1e-6, "µs": 1e-6, "s": 1.0}
NUMBER = r"\d{1,12}(?:\.\d{1,9})?"
FORM = re.compile(
    rf"(?P<what>[\w-]+)=(?P<low>{NUMBER})(?:-(?P<high>{NUMBER}))?\s*(?P<unit>[a-zµ]+)"
    r"(?:,\s*(?P<source>.+))?"
)
# What may be assumed, and how many of it one opening and closing of a region takes.
PER_SWITCH = {"wrpkru": 2}


@dataclass(frozen=True)
class Assumption:
    """A primitive's cost as somebody gives it: a range in cycles, or in seconds."""

    what: str
    low: float
    high: float
    unit: str  # as written: cycles, or a unit of time
    source: str = ""

    def seconds(self, cycle: float | None) -> tuple[float, float]:
        """Return the range in seconds, on a core whose cycle takes so many.

        Raises ResultError where cycles are to be turned into time and nothing tells how long one
        takes.
        """
        size = UNITS[self.unit] or cycle
        if size is None:
            raise ResultError(
                f"{self.what} can't be assumed in cycles: the result doesn't tell how long a core "
                "cycle takes there; give ns"
            )
        return self.low * size, self.high * size

    @property
    def text(self) -> str:
        """The range as it was given, with its source."""
        span = formatting.figures(self.low)
        if self.high != self.low:
            span += f" to {formatting.figures(self.high)}"
        source = self.source or "no source given"
        return f"{self.what.upper()} {span} {self.unit} ({source})"

    @property
    def written(self) -> str:
        """The assumption as `parse` reads it."""
        source = f", {self.source}" if self.source else ""
        return f"{self.what}={self.low:.12g}-{self.high:.12g}{self.unit}{source}"

    @classmethod
    def parse(cls, text: str) -> Assumption:
        """Read `wrpkru=11-260cycles, SOURCE`; a single number and no source will do.

        Raises ResultError with one sentence.
        """
        found = FORM.fullmatch(text.strip())
        if not found:
            raise ResultError(
                f"{text!r} is no assumption: write NAME=LOW-HIGHunit, as in wrpkru=11-260cycles, "
                "and a source after a comma"
            )
        what, unit = found["what"].lower(), found["unit"]
        if what not in PER_SWITCH:
            raise ResultError(f"{what!r} can't be assumed; what can: {', '.join(PER_SWITCH)}")
        if unit not in UNITS:
            raise ResultError(f"{unit!r} is no unit of a cost: the units are {', '.join(UNITS)}")
        low = float(found["low"])
        high = float(found["high"] or low)
        if not 0 < low <= high:
            raise ResultError(
                f"{text!r}: a range goes from a number above 0 to one that is no smaller"
            )
        return cls(what, low, high, unit, (found["source"] or "").strip())
