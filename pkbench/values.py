"""The values of one case in one process, and what was read beside each."""

import json
import time
from typing import Any

from pkbench.session import Session

# Metadata key -> field of struct pk_value. Totals of a value, as they were read.
TOTALS = {
    "pkbench_minor_faults": "minor_faults",
    "pkbench_major_faults": "major_faults",
    "pkbench_voluntary_switches": "voluntary_switches",
    "pkbench_involuntary_switches": "involuntary_switches",
    "pkbench_cpu": "cpu",
}


class Values:
    """Takes values, each between two chains of known latency that tell how fast the core was."""

    def __init__(self, session: Session, loops: int, operations: int) -> None:
        self.seconds: list[float] = []  # per operation
        self._session = session
        self._loops = loops
        self._operations = operations
        self._beside: dict[str, list[float]] = {}
        self._chain_seconds = 0.0
        self._chain = self._time_chain()

    def take(self) -> None:
        """Take one value."""
        value = self._session.measure(self._loops)
        before, self._chain = self._chain, self._time_chain()
        self.seconds.append(value.seconds / self._operations)
        self._keep(value)
        for key, first, second in zip(
            ("pkbench_add_seconds", "pkbench_multiply_seconds"), before, self._chain, strict=True
        ):
            if first and second:
                self._append(key, (first + second) / 2)

    def _time_chain(self) -> tuple[float, float]:
        began = time.monotonic()
        found = self._session.chain()
        self._chain_seconds += time.monotonic() - began
        return found

    def _keep(self, value: Any) -> None:
        for key, field in TOTALS.items():
            self._append(key, getattr(value, field))
        self._append("pkbench_ticks", value.ticks / self._operations)
        if value.members > 1:
            self._append("pkbench_slowest", value.slowest / self._operations)

    def _append(self, key: str, number: float) -> None:
        self._beside.setdefault(key, []).append(number)

    def metadata(self) -> dict[str, str | float]:
        """Return a JSON list per quantity, one item a value, and what all chains took."""
        lists = {key: json.dumps(numbers) for key, numbers in self._beside.items()}
        return {**lists, "pkbench_chain_seconds": self._chain_seconds}
