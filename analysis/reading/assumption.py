"""Costs that a reader assumes for primitives that could not be measured."""

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
# The primitives whose cost may be assumed, and how many of each one switch (open and close) takes.
PER_SWITCH = {"wrpkru": 2}


@dataclass(frozen=True)
class Assumption:
    """An assumed cost of a primitive: a range in cycles or in a unit of time."""

    what: str  # a key of PER_SWITCH
    low: float
    high: float
    unit: str  # a key of UNITS, as written
    source: str = ""

    def seconds(self, cycle: float | None) -> tuple[float, float]:
        """Return the range in seconds; `cycle` is the seconds that a core cycle takes.

        Raises ResultError where the range is in cycles and `cycle` is None.
        """
        size = UNITS[self.unit] or cycle
        if size is None:
            raise ResultError(
                f"{self.what} can't be assumed in cycles: the result does not say how long a core "
                "cycle takes; give the range in ns"
            )
        return self.low * size, self.high * size

    @property
    def text(self) -> str:
        """The range as given, with its source, for a reader."""
        span = formatting.figures(self.low)
        if self.high != self.low:
            span += f" to {formatting.figures(self.high)}"
        source = self.source or "no source given"
        return f"{self.what.upper()} {span} {self.unit} ({source})"

    @property
    def written(self) -> str:
        """The assumption in the form that `parse` reads."""
        source = f", {self.source}" if self.source else ""
        return f"{self.what}={self.low:.12g}-{self.high:.12g}{self.unit}{source}"

    @classmethod
    def parse(cls, text: str) -> Assumption:
        """Parse `wrpkru=11-260cycles, SOURCE`; a single number will do, and the source is optional.

        Raises ResultError where the text has another form.
        """
        found = FORM.fullmatch(text.strip())
        if not found:
            raise ResultError(
                f"{text!r} is not a valid assumption: write NAME=LOW-HIGHunit, as in "
                "wrpkru=11-260cycles, and a source after a comma"
            )
        what, unit = found["what"].lower(), found["unit"]
        if what not in PER_SWITCH:
            raise ResultError(f"{what!r} can't be assumed; available: {', '.join(PER_SWITCH)}")
        if unit not in UNITS:
            raise ResultError(f"{unit!r} is not a unit of a cost; available: {', '.join(UNITS)}")
        low = float(found["low"])
        high = float(found["high"] or low)
        if not 0 < low <= high:
            raise ResultError(
                f"{text!r}: a range must start above 0 and end no lower than it starts"
            )
        return cls(what, low, high, unit, (found["source"] or "").strip())
