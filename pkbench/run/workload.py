"""How much of each case a worker process measures, and how long that should take."""

from collections.abc import Iterable, Sequence

from pkbench.cases.catalogue import Case
from pkbench.run.launch import Amount
from pkbench.run.order import share_loops
from pkbench.run.presets import SECONDS_PER_GIB, Preset
from pkbench.run.record import Record
from pkbench.run.stop_rule import Core, optimal_values, usable_values, variances
from pkbench.worker import smt_contention

# A worker that takes this much longer than expected is taken to hang.
TIMEOUT_SECONDS = 60.0
TIMEOUT_RATIO = 20.0
# Under SMT contention a process goes on until it has enough uncontended values: up to RETAKES times
# as many more, and for up to RETAKE_SECONDS longer.
RETAKES, RETAKE_SECONDS = 3, 0.1


class Workload:
    """What one process measures of each case in one round."""

    def __init__(
        self, groups: Iterable[Sequence[Case]], preset: Preset, record: Record, core: Core
    ) -> None:
        """Plan by what the record knows; `groups` are the cases that share loops."""
        self._preset = preset
        self._record = record
        self._core = core
        self._loops = shared_loops(groups, record, preset)

    def amount(self, case: Case) -> Amount:
        """Return how much of a case a process measures."""
        loops, values = self._loops[case], self._values(case)
        if case.benchmark.threads:
            return Amount(loops, 0, values, values, self._preset.warmups)
        seconds = self._value_seconds(case, loops)
        more = int(RETAKE_SECONDS / seconds) if seconds else 0
        most = values + min(RETAKES * values, more)
        return Amount(
            loops, smt_contention.piece_loops(loops, seconds), values, most, self._preset.warmups
        )

    def seconds(self, case: Case, amount: Amount) -> float:
        """Return how many seconds that much of a case should take in a worker."""
        values = amount.values + amount.warmups
        return self._record.setup_seconds[case.name] + values * self._value_seconds(
            case, amount.loops
        )

    def _values(self, case: Case) -> int:
        """Return how many values a process takes: by the case's variances, once these are known."""
        if self._record.rounds < self._preset.least_rounds:
            return self._preset.values
        values = usable_values(self._record.finished(case.name), self._core)
        best = optimal_values(
            variances(values),
            self._record.setup_seconds[case.name],
            self._record.value_seconds[case.name],
        )
        return best or self._preset.values

    def _value_seconds(self, case: Case, loops: int) -> float:
        return self._record.value_seconds[case.name] / self._record.loops[case.name] * loops


def shared_loops(
    groups: Iterable[Sequence[Case]], record: Record, preset: Preset
) -> dict[Case, int]:
    """Return each case's loops: equal within a group, as far as `share_loops` allows."""
    loops: dict[Case, int] = {}
    for group in groups:
        calibrated = {case: record.loops[case.name] for case in group}
        seconds = {case: record.value_seconds[case.name] for case in group}
        loops |= share_loops(group, calibrated, seconds, preset.value_seconds)
    return loops


def calibration_seconds(case: Case) -> float:
    """Return roughly how many seconds calibrating a case takes; it only sets batch sizes."""
    return 0.1 + case.memory / 2**30 * SECONDS_PER_GIB


def timeout(case: Case, expected: float) -> float:
    """Return after how many seconds a worker hangs that should take `expected` seconds."""
    return TIMEOUT_SECONDS + TIMEOUT_RATIO * (expected + case.memory / 2**30 * SECONDS_PER_GIB)
