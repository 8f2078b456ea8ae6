"""The values of one case in one process, and what was read beside each."""

import json
from typing import Any

from pkbench.event_counters import EventCounters
from pkbench.kernel_counters import KernelCounters
from pkbench.session import Session

# Metadata key -> field of struct pk_value. Totals of a value, as they were read.
TOTALS = {
    "pkbench_minor_faults": "minor_faults",
    "pkbench_major_faults": "major_faults",
    "pkbench_voluntary_switches": "voluntary_switches",
    "pkbench_involuntary_switches": "involuntary_switches",
    "pkbench_migrations": "migrations",
    "pkbench_cpu": "cpu",
}


class Values:
    """Takes values, each between two chains of known latency that tell how fast the core was.

    The kernel's counters are read once a value, right after it: what is told of a value was
    counted since the one before, the chain between them included. One reading instead of two
    halves what it costs, and what disturbs a chain spoils the cycles of its value all the same.
    """

    def __init__(
        self,
        session: Session,
        loops: int,
        operations: int,
        counters: KernelCounters,
        events: EventCounters,
    ) -> None:
        self.seconds: list[float] = []  # per operation
        self._session = session
        self._loops = loops
        self._operations = operations
        self._beside: dict[str, list[float]] = {}
        self._counters, self._events = counters, events
        self._reading = counters.read()
        self._chain = session.chain()

    def take(self) -> None:
        """Take one value."""
        value = self._session.measure(self._loops)
        since, self._reading = self._reading, self._counters.read()
        before, self._chain = self._chain, self._session.chain()
        self.seconds.append(value.seconds / self._operations)
        self._keep(value)
        for quantity, delta in self._counters.between(since, self._reading, value.cpu):
            self._append(f"pkbench_{quantity}", delta)
        for key, first, second in zip(
            ("pkbench_add_seconds", "pkbench_multiply_seconds"), before, self._chain, strict=True
        ):
            if first and second:
                self._append(key, (first + second) / 2)

    def _keep(self, value: Any) -> None:
        for key, field in TOTALS.items():
            self._append(key, getattr(value, field))
        self._append("pkbench_ticks", value.ticks / self._operations)
        for name, count in self._events.counted(value, self._operations):
            self._append(f"pkbench_{name}", count)
        if value.members > 1:
            self._append("pkbench_slowest", value.slowest / self._operations)

    def _append(self, key: str, number: float) -> None:
        self._beside.setdefault(key, []).append(number)

    def metadata(self) -> dict[str, str]:
        """Return a JSON list per quantity, one item a value.

        What can't be read beside every value has a reason instead of a list.
        """
        whole = {
            key: numbers for key, numbers in self._beside.items() if self._beside_each(numbers)
        }
        partly = {
            key.removeprefix("pkbench_"): "it could not be read beside every value"
            for key in self._beside.keys() - whole.keys()
        }
        missing = self._counters.missing | self._events.missing | self._not_counted() | partly
        return {
            **{key: json.dumps(numbers) for key, numbers in whole.items()},
            # pyperf refuses an empty text.
            **({"pkbench_counted": self._events.scope} if self._events.scope else {}),
            "pkbench_missing": json.dumps(missing, sort_keys=True),
        }

    def _not_counted(self) -> dict[str, str]:
        """Return why events that can be counted here weren't during any value of this case."""
        if "pkbench_counter_share" in self._beside:
            return {}
        reason = (
            "the operation is not one loop of one thread"
            if self._session.case.benchmark.times_itself
            else "others had the CPU's counters all the time"
        )
        return dict.fromkeys(self._events.names, reason)

    def _beside_each(self, numbers: list[float]) -> bool:
        return len(numbers) == len(self.seconds)
