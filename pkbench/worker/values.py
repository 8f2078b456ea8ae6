"""Take the values of one case in one process, and the readings taken with each value."""

import json
from statistics import fmean
from typing import Any

from pkbench.worker import smt_contention
from pkbench.worker.event_counters import EventCounters
from pkbench.worker.kernel_counters import KernelCounters
from pkbench.worker.session import Session

# Metadata key -> field of struct pk_value. Each is a total of one value.
TOTALS = {
    "pkbench_minor_faults": "minor_faults",
    "pkbench_major_faults": "major_faults",
    "pkbench_voluntary_switches": "voluntary_switches",
    "pkbench_involuntary_switches": "involuntary_switches",
    "pkbench_migrations": "migrations",
    "pkbench_cpu": "cpu",
}


class Values:
    """Takes values, each between two core-clock calibrations.

    The kernel's counters are read once a value, right after it. A value's counts therefore include
    the calibration before it. Reading once instead of twice halves the cost, and what disturbs a
    calibration makes its value's cycles wrong anyway.
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
        self._clock = session.calibrate_clock(branches=piece_loops > 0)

    def take(self, number: int, most: int, best: float) -> None:
        """Take values until `number` are uncontended, or `most` in all.

        Contended values are kept too; the readings taken with them tell them apart. `best` is the
        core cycles of a no-op on an uncontended core, or 0 if not known.
        """
        uncontended = 0
        while uncontended < number and len(self.seconds) < most:
            uncontended += not smt_contention.contended(self._take(best), best)

    def _take(self, best: float) -> float:
        """Take one value; return the core cycles of a no-op read with it."""
        longest = smt_contention.NOPS_CONTENDED * best * self._clock.add_seconds
        value = self._session.measure(self._loops, self._piece_loops, longest)
        since, self._reading = self._reading, self._counters.read()
        before, self._clock = self._clock, self._session.calibrate_clock(self._piece_loops > 0)
        self._keep(value)
        for quantity, delta in self._counters.between(since, self._reading, value.cpu):
            self._append(f"pkbench_{quantity}", delta)
        # The shorter of both: an interrupt lengthens one, and the frequency changes more slowly.
        add = min(before.add_seconds, self._clock.add_seconds)
        if not add:
            return 0.0
        self._append("pkbench_add_seconds", add)
        multiply = min(before.multiply_seconds, self._clock.multiply_seconds)
        self._append("pkbench_multiply_seconds", multiply)
        if not self._piece_loops:
            return 0.0  # the other thread of the core may be one of the case itself
        # The mean of both: the other thread of the core mostly stays awake for many values.
        branch_cycles = fmean((before.branch_cycles, self._clock.branch_cycles))
        self._append("pkbench_branch_cycles", branch_cycles)
        nop_cycles = max(before.nop_cycles, self._clock.nop_cycles)
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
        """Return a JSON list for each quantity, with one item a value.

        A quantity that could not be read with every value has a reason in `pkbench_missing`
        instead.
        """
        whole = {
            key: numbers for key, numbers in self._readings.items() if self._with_each(numbers)
        }
        partly = {
            key.removeprefix("pkbench_"): "it could not be read with every value"
            for key in self._readings.keys() - whole.keys()
        }
        missing = self._counters.missing | self._events.missing | self._not_counted() | partly
        return {
            **{key: json.dumps(numbers) for key, numbers in whole.items()},
            # pyperf refuses an empty string.
            **({"pkbench_counter_scope": self._events.scope} if self._events.scope else {}),
            "pkbench_missing": json.dumps(missing, sort_keys=True),
        }

    def _not_counted(self) -> dict[str, str]:
        """Return why events that this machine can count were not counted for any value."""
        if "pkbench_counter_share" in self._readings:
            return {}
        reason = (
            "the operation is not one loop of one thread"
            if self._session.case.benchmark.times_itself
            else "other programs had the CPU's counters all the time"
        )
        return dict.fromkeys(self._events.names, reason)

    def _with_each(self, numbers: list[float]) -> bool:
        return len(numbers) == len(self.seconds)
