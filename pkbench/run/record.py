"""What is known of a run so far, as the journal's entries tell it."""

from dataclasses import dataclass, field
from typing import Any

from pkbench.resultfile import Run
from pkbench.run.stop_rule import ProcessValues, read_run


@dataclass
class Record:
    """The state of each case, its runs, and where the run's time went."""

    reasons: dict[str, tuple[str, str]] = field(default_factory=dict)  # skipped or failed, and why
    loops: dict[str, int] = field(default_factory=dict)  # by calibration, as are the next two
    value_seconds: dict[str, float] = field(default_factory=dict)  # of one value of these loops
    setup_seconds: dict[str, float] = field(default_factory=dict)  # set-up and verification
    runs: dict[str, list[Run]] = field(default_factory=dict)
    processes: dict[str, list[ProcessValues]] = field(default_factory=dict)  # one for each run
    rounds: int = 0  # finished
    seconds: float = 0.0  # that calibration and the finished rounds took
    case_seconds: float = 0.0  # of these, in set-up, verification and preparation of cases
    timed_seconds: float = 0.0  # of these, in timed loops and core-clock calibrations
    open_case_seconds: float = 0.0  # like `case_seconds`, of the unfinished round
    open_timed_seconds: float = 0.0  # like `timed_seconds`, of the unfinished round
    waited_seconds: float = 0.0  # of `seconds`, while other runs had their turn
    missed_turns: int = 0  # begun although another run had not ended its own
    stopped: str = ""  # what ended the run: target, rounds or budget
    settled: set[str] = field(default_factory=set)  # cases that met the target

    def state(self, case: str) -> tuple[str, str]:
        """Return a case's state (measured, skipped or failed) and the reason, or ""."""
        if case in self.reasons:
            return self.reasons[case]
        if self.runs.get(case):
            return "measured", ""
        return "skipped", "the run ended before the case was measured"

    def stopped_by(self, case: str) -> str:
        """Return what ended a measured case: target, rounds or budget."""
        return "target" if case in self.settled else self.stopped

    def take(self, entry: dict[str, Any]) -> None:
        """Add an entry of the journal."""
        case = entry.get("case", "")
        self.open_case_seconds += entry.get("setup_seconds", 0.0)
        self.open_case_seconds += entry.get("preparing_seconds", 0.0)
        self.open_timed_seconds += entry.get("timed_seconds", 0.0)
        match entry["kind"]:
            case "loops":
                self.loops[case] = entry["loops"]
                self.value_seconds[case] = entry["elapsed_seconds"]
                self.setup_seconds[case] = entry["setup_seconds"]
            case "run":
                self.runs.setdefault(case, []).append(entry["run"])
                self.processes.setdefault(case, []).append(read_run(entry["run"]))
            case "runs":  # all that pyperf took of a case
                self.runs[case] = entry["runs"]
            case "state":
                self.reasons[case] = (entry["state"], entry["reason"])
            case "round":
                self.rounds = entry["round"]
                self.seconds += entry["seconds"]
                self.case_seconds += self.open_case_seconds
                self.timed_seconds += self.open_timed_seconds
                self.waited_seconds += entry["waited_seconds"]
                self.missed_turns += entry["missed_turns"]
                self.forget_open_round()

    def forget_open_round(self) -> None:
        """Leave an interrupted round out of `timed_share`: its length is not known."""
        self.open_case_seconds = self.open_timed_seconds = 0.0

    def finished(self, case: str) -> list[ProcessValues]:
        """Return a case's values of finished rounds: a resumed run finds the same ones."""
        return [
            process
            for run, process in zip(
                self.runs.get(case, []), self.processes.get(case, []), strict=True
            )
            if run["metadata"]["pkbench_round"] < self.rounds
        ]

    def measured_in(self, number: int) -> set[str]:
        """Return the cases that a round has measured already, before it was interrupted."""
        return {
            case
            for case, runs in self.runs.items()
            if any(run["metadata"]["pkbench_round"] == number for run in runs)
        }

    @property
    def timed_share(self) -> float:
        """Return the share of the time spent in timed loops and core-clock calibrations, 0 to 1.

        Warm-ups and the calibration of loops count as timed. The whole leaves out what the cases
        need to set up, verify and prepare, and the turns of other runs.
        """
        whole = self.seconds - self.case_seconds - self.waited_seconds
        return self.timed_seconds / whole if whole > 0 else 0.0
