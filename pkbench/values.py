"""What each value brought besides its seconds, put into a run's metadata by a pyperf hook."""

import json
from typing import Any

# Metadata key -> field of struct pk_value. Totals of a value, as they were read.
TOTALS = {
    "pkbench_minor_faults": "minor_faults",
    "pkbench_major_faults": "major_faults",
    "pkbench_voluntary_switches": "voluntary_switches",
    "pkbench_involuntary_switches": "involuntary_switches",
    "pkbench_cpu": "cpu",
}

_recorded: dict[str, list[float]] = {}


def record(value: Any, operations: int) -> None:
    """Keep what one `struct pk_value` over so many operations holds besides its seconds."""
    for key, field in TOTALS.items():
        _append(key, getattr(value, field))
    _append("pkbench_ticks", value.ticks / operations)
    if value.members > 1:
        _append("pkbench_slowest", value.slowest / operations)


def _append(key: str, number: float) -> None:
    _recorded.setdefault(key, []).append(number)


class ValueHook:
    """Moves what was recorded into the metadata of the run.

    pyperf makes one hook for the warmups and one for the values; the second replaces what the
    first left.
    """

    def __enter__(self) -> None:
        pass

    def __exit__(self, *exception: object) -> None:
        pass

    def teardown(self, metadata: dict[str, Any]) -> None:
        """Add a JSON list per quantity, one item a value."""
        metadata.update({key: json.dumps(numbers) for key, numbers in _recorded.items()})
        _recorded.clear()
