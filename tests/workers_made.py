"""Workers that answer from a script, so that schedules can be tested without measuring."""

import platform
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any

import pytest

from pkbench.run import launch
from pkbench.run.launch import Outcome, Task
from pkbench.turns import Turns

Answer = Callable[[str, int], Outcome]  # (case, how many times it has run) -> outcome


# Seconds that each task says that it took.
SETUP, TIMED = 2e-5, 1e-5


def pyperf_run(case: str, values: list[Any], **metadata: Any) -> dict[str, Any]:
    """Return what a worker answers: a pyperf run without warmups."""
    return {
        "metadata": {"name": case, "loops": 8, "hostname": "secret", **metadata},
        "values": values,
    }


def bad(case: str, document: Any) -> Outcome:
    """Answer with this document, whatever it is."""
    return Outcome(case, "measured", "", document, setup_seconds=SETUP, timed_seconds=TIMED)


def measured(case: str, values: int) -> Outcome:
    """Answer with as many values as were asked for."""
    return bad(case, pyperf_run(case, [1e-6 + i * 1e-9 for i in range(values)]))


@dataclass
class Workers:
    """Stands in for `pkbench.run.launch.work`: what was asked of it, and what it answers."""

    answers: dict[str, Answer] = field(default_factory=dict)
    calibrations: dict[str, Outcome] = field(default_factory=dict)
    ran: list[str] = field(default_factory=list)
    calibrated: list[str] = field(default_factory=list)
    loops: dict[str, int] = field(default_factory=dict)
    values: dict[str, list[int]] = field(default_factory=dict)
    requests: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    processes: list[list[str]] = field(default_factory=list)  # the cases that shared one

    def work(self, tasks: Sequence[Task]) -> Iterator[Outcome]:
        if "loops" in tasks[0].request:
            self.processes.append([task.case for task in tasks])
        for task in tasks:
            yield self._measure(task) if "loops" in task.request else self._calibrate(task)

    def _calibrate(self, task: Task) -> Outcome:
        self.calibrated.append(task.case)
        seconds = task.request["value_seconds"]
        found = {"loops": 8, "timed_seconds": seconds, "elapsed_seconds": seconds}
        return self.calibrations.get(task.case, bad(task.case, found))

    def _measure(self, task: Task) -> Outcome:
        self.loops[task.case] = task.request["loops"]
        self.values.setdefault(task.case, []).append(task.request["values"])
        self.requests.setdefault(task.case, []).append(task.request)
        self.ran.append(task.case)
        if task.case in self.answers:
            return self.answers[task.case](task.case, self.ran.count(task.case))
        return measured(task.case, task.request["values"])


@pytest.fixture
def workers(monkeypatch: pytest.MonkeyPatch) -> Workers:
    """Put made workers in the place of processes; they need no turn."""
    made = Workers()
    monkeypatch.setattr(launch, "work", made.work)
    monkeypatch.setattr(Turns, "_take", lambda turns, waiting: None)
    # pyperf's metadata hold it, and Python starts `file` to find it.
    monkeypatch.setattr(platform, "architecture", lambda *_: ("64bit", "ELF"))
    return made
