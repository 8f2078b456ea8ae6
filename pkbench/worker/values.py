"""The values of one case in one process, and what was read beside each."""

import json
from statistics import fmean
from typing import Any

from pkbench.worker import smt_contention
from pkbench.worker.event_counters import EventCounters
from pkbench.worker.kernel_counters import KernelCounters
from pkbench.worker.session import Session

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
    """Takes values, each between two chains that tell how fast the core was, and how much ours.

    The kernel's counters are read once a value, right after it: what is told of a value was
    counted since the one before, the chain between them included. One reading instead of two
    halves what it costs, and what disturbs a chain would spoil its value's cycles all the same.
    """

    def __init__(
        self,
        session: Session,
        loops: int,
        piece_loops: int,
        counters: KernelCounters,
        events: EventCounters,
    ) -> None:
        self.seconds: list[float] = []  # per operation
        self._session = session
        self._loops = loops
        self._piece_loops = piece_loops
        self._inner_loops = session.case.benchmark.inner_loops
        self._readings: dict[str, list[float]] = {}
        self._counters, self._events = counters, events
        self._reading = counters.read()
        self._chain = session.chain(branches=piece_loops > 0)

    def take(self, number: int, most: int, best: float) -> None:
        """Take so many values with nobody else on the core; if need be, up to `most` in all.

        The others are kept as well: what they are left out for stands beside each.
        `best` is how many cycles a no-op takes on a core that is ours, 0 where there is no telling.
        """
        alone = 0
        while alone < number and len(self.seconds) < most:
            alone += not smt_contention.contended(self._take(best), best)

    def _take(self, best: float) -> float:
        """Take one value; return the cycles of a no-op beside it."""
        longest = smt_contention.NOPS_CONTENDED * best * self._chain.add_seconds
        value = self._session.measure(self._loops, self._piece_loops, longest)
        since, self._reading = self._reading, self._counters.read()
        before, self._chain = self._chain, self._session.chain(self._piece_loops > 0)
        self._keep(value)
        for quantity, delta in self._counters.between(since, self._reading, value.cpu):
            self._append(f"pkbench_{quantity}", delta)
        # The shorter of both: a core's frequency changes more slowly, and an interrupt lengthens.
        add = min(before.add_seconds, self._chain.add_seconds)
        if not add:
            return 0.0
        self._append("pkbench_add_seconds", add)
        multiply = min(before.multiply_seconds, self._chain.multiply_seconds)
        self._append("pkbench_multiply_seconds", multiply)
        if not self._piece_loops:
            return 0.0  # who else was there is not asked: the case itself, maybe
        # Where the other thread of the core is awake, it mostly is for seconds: for many values.
        branch_cycles = fmean((before.branch_cycles, self._chain.branch_cycles))
        self._append("pkbench_branch_cycles", branch_cycles)
        nop_cycles = max(before.nop_cycles, self._chain.nop_cycles)
        if value.pieces:
            nop_cycles = value.nop_seconds / add
            self._append("pkbench_uncontended_share", value.uncontended / value.pieces)
        self._append("pkbench_nop_cycles", nop_cycles)
        return nop_cycles

    def _keep(self, value: Any) -> None:
        operations = value.loops * self._inner_loops
        self.seconds.append(value.seconds / operations)
        for key, field in TOTALS.items():
            self._append(key, getattr(value, field))
        self._append("pkbench_ticks", value.ticks / operations)
        for name, count in self._events.counted(value, self._loops * self._inner_loops):
            self._append(f"pkbench_{name}", count)
        if value.members > 1:
            self._append("pkbench_slowest", value.slowest / operations)

    def _append(self, key: str, number: float) -> None:
        self._readings.setdefault(key, []).append(number)

    def metadata(self) -> dict[str, str]:
        """Return a JSON list per quantity, one item a value.

        What can't be read beside every value has a reason instead of a list.
        """
        whole = {
            key: numbers for key, numbers in self._readings.items() if self._beside_each(numbers)
        }
        partly = {
            key.removeprefix("pkbench_"): "it could not be read beside every value"
            for key in self._readings.keys() - whole.keys()
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
        if "pkbench_counter_share" in self._readings:
            return {}
        reason = (
            "the operation is not one loop of one thread"
            if self._session.case.benchmark.times_itself
            else "others had the CPU's counters all the time"
        )
        return dict.fromkeys(self._events.names, reason)

    def _beside_each(self, numbers: list[float]) -> bool:
        return len(numbers) == len(self.seconds)
