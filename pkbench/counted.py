"""What was counted: instructions per operation of a case, in one boot of one kernel."""

from dataclasses import dataclass
from datetime import datetime

from pkbench.catalogue import Case
from pkbench.emulator import Emulator
from pkbench.kernels import Kernel
from pkbench.machine import Machine

# A timed run's own instructions around its loop, at most; what differs by more is not the loop's.
AROUND_LOOP = 500


@dataclass(frozen=True)
class Instructions:
    """The shortest of several runs of `loops` iterations, and of twice as many.

    Their difference is the iterations' alone. Where no two iterations can follow each other, there
    is no second total, and the few instructions around the timed one are counted in.
    """

    loops: int
    totals: tuple[int, ...]
    repeats: int
    seen: tuple[int, ...]  # how often each of the shortest was seen

    @property
    def per_iteration(self) -> float:
        """Return the instructions of one iteration, those of the loop itself included."""
        return (self.totals[-1] - sum(self.totals[:-1])) / self.loops

    @property
    def doubt(self) -> str:
        """Return why the figure may be a little too high; or ""."""
        if min(self.seen) == 1:
            return (
                f"the shortest of {self.repeats} repeats was seen only once: "
                "timer interrupts may be counted in"
            )
        around = 2 * self.totals[0] - self.totals[-1]
        if len(self.totals) == 2 and abs(around) > AROUND_LOOP + self.totals[-1] // 20:
            return "twice the iterations did not take twice the instructions"
        return ""


@dataclass(frozen=True)
class Counted:
    """A case after the counting: its one state, the reason, the figures."""

    case: Case
    state: str  # "measured", "skipped" or "failed"
    reason: str = ""
    instructions: Instructions | None = None

    @property
    def value(self) -> float:
        """Return the instructions of one operation, raw."""
        if self.instructions is None:
            raise ValueError(f"{self.case.name} was not counted: {self.reason}")
        return self.instructions.per_iteration / self.case.benchmark.inner_loops


@dataclass(frozen=True)
class Count:
    """One boot of one kernel: the guest, and how each case ended."""

    kernel: Kernel
    emulator: Emulator
    machine: Machine
    cpu_flags: str
    cases: tuple[Counted, ...]
    began: datetime
    seconds: float

    def card(self) -> dict[str, object]:
        """Return the guest as a result file describes it."""
        return {
            **self.machine.card(),
            "emulator": f"QEMU {self.emulator.version}, -icount shift=0 -cpu {self.emulator.cpu}",
            "cpu_flags": self.cpu_flags,
            "kernel_version": self.kernel.version,
            "kernel_sha256": self.kernel.sha256,
        }
