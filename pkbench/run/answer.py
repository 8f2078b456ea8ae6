"""Check what a worker answered before it enters the journal."""

import math
from typing import Any

from pkbench.resultfile import Metadata, Run, per_value
from pkbench.run.launch import Amount
from pkbench.run.stop_rule import DISTURBANCES

# The readings that the stop rule uses.
READINGS = ("add_seconds", "multiply_seconds", "nop_cycles", "branch_cycles", *DISTURBANCES)
# What `checked_run` and `checked_calibration` raise.
INVALID = (AttributeError, LookupError, TypeError, ValueError)


def checked_calibration(document: dict[str, Any]) -> tuple[int, float]:
    """Return the loops of a value and the seconds that it lasts; raise one of INVALID."""
    return int(document["loops"]), float(document["elapsed_seconds"])


def checked_run(run: dict[str, Any], case: str, amount: Amount) -> Run:
    """Return a worker's answer as a valid run of the case; raise one of INVALID otherwise."""
    metadata: Metadata = run["metadata"]
    if metadata["name"] != case:
        raise ValueError(f"it is about {metadata['name']!r}")
    values = len(run["values"])
    if not amount.values <= values <= amount.most_values:
        raise ValueError(f"it holds {values} values instead of {amount.values}")
    for value in run["values"]:
        if not (math.isfinite(value) and value > 0):
            raise ValueError(f"it holds the value {value!r}")
    for quantity in READINGS:
        readings = len(per_value(run, quantity))
        if readings not in (0, values):
            raise ValueError(f"it holds {readings} readings of {quantity} for {values} values")
    return run
