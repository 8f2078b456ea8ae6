"""Workers that answer from a script, so that schedules can be tested without measuring."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from pkbench import launch
from pkbench.launch import Outcome

Answer = Callable[[str, int], Outcome]  # (case, how many times it has run) -> outcome


def suite(case: str, values: list[Any], **metadata: Any) -> dict[str, Any]:
    """Return what a worker pipes: a pyperf suite of one run, which had no warmups."""
    run = {"metadata": {"name": case, "loops": 8, **metadata}, "values": values}
    return {"version": "1.0", "metadata": {"hostname": "secret"}, "benchmarks": [{"runs": [run]}]}


def measured(case: str, values: int) -> Outcome:
    """Answer with as many values as were asked for."""
    return Outcome("measured", "", suite(case, [1e-6 + i * 1e-9 for i in range(values)]))


@dataclass
class Workers:
    """Stands in for `pkbench.launch`: what was asked of it, and what it answers."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calibrations: dict[str, Outcome] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    calibrated: list[str] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)

    def calibrate(self, case: str, value_seconds: float, timeout: float) -> Outcome:
        self.calibrated.append(case)
        found = {"loops": 8, "timed": value_seconds, "elapsed": value_seconds}
        return self.calibrations.get(case, Outcome("measured", "", found))

    def measure(self, case: str, loops: int, values: int, warmups: int, timeout: float) -> Outcome:
        self.loops[case] = loops
        self.ran.append(case)
        if case in self.answers:
            return self.answers[case](case, self.ran.count(case))
        return measured(case, values)


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Put made workers in the place of processes."""
    made = Workers()
    monkeypatch.setattr(launch, "calibrate", made.calibrate)
    monkeypatch.setattr(launch, "measure", made.measure)
    return made
