"""What was counted: instructions per operation of a case, in one boot of one kernel."""

from dataclasses import dataclass, replace
from datetime import datetime

from pkbench.cases.catalogue import Case
from pkbench.count.emulator import Emulator
from pkbench.kernels.available import Kernel
from pkbench.machine import Machine

# A timed run's own instructions around its loop, at most; what differs by more is not the loop's.
AROUND_LOOP = 500
# What the timer's interrupts take at most: a few thousand instructions every 4 million.
TICKS_SHARE = 0.005


@dataclass(frozen=True)
class Instructions:
    """What several runs of `loops` iterations took: the shortest seen often; and twice as many.

    Their difference is the iterations' alone. Where no two iterations can follow each other, there
    is no second total, and the few instructions around the timed one are counted in.
    """

    loops: int
    totals: tuple[int, ...]
    repeats: int
    seen: tuple[int, ...]  # how often each total was seen
    longest: tuple[int, ...]  # what as many iterations took at most

    @property
    def per_iteration(self) -> float:
        """Return the instructions of one iteration, those of the loop itself included."""
        return (self.totals[-1] - sum(self.totals[:-1])) / self.loops

    @property
    def refusal(self) -> str:
        """Return why the repeats tell no figure; or ""."""
        disagreeing = [
            (total, longest)
            for total, seen, longest in zip(self.totals, self.seen, self.longest, strict=True)
            if seen == 1 and longest > total + max(AROUND_LOOP, total * TICKS_SHARE)
        ]
        if not disagreeing:
            return ""
        least, most = disagreeing[0]
        return (
            f"the repeats disagree: of {self.repeats} no two took equally many instructions, "
            f"but from {least:,} to {most:,}"
        )

    @property
    def doubt(self) -> str:
        """Return why the figure may be a little too high; or ""."""
        if min(self.seen) == 1:
            return (
                f"of {self.repeats} repeats no two took equally many instructions: "
                "timer interrupts are counted in"
            )
        around = 2 * self.totals[0] - self.totals[-1]
        if len(self.totals) == 2 and abs(around) > AROUND_LOOP + self.totals[-1] // 20:
            return "twice the iterations did not take twice the instructions"
        return ""


@dataclass(frozen=True)
class UserMode:
    """The part of the same iterations that user mode executes, counted step by step.

    Without a second total, what surrounds the iterations is in `Instructions` and not in here.
    """

    loops: int
    totals: tuple[int, ...]
    around: int

    @property
    def per_iteration(self) -> float:
        """Return the instructions of one iteration, those of the loop itself included."""
        around = self.around if len(self.totals) == 1 else 0
        return (self.totals[-1] - sum(self.totals[:-1]) + around) / self.loops


@dataclass(frozen=True)
class Counted:
    """A case after the counting: its one state, the reason, the figures."""

    case: Case
    state: str  # "measured", "skipped" or "failed"
    reason: str = ""
    instructions: Instructions | None = None
    user: UserMode | None = None  # None where it can't be told

    @property
    def value(self) -> float:
        """Return the instructions of one operation, raw."""
        if self.instructions is None:
            raise ValueError(f"{self.case.name} was not counted: {self.reason}")
        return self.instructions.per_iteration / self.case.benchmark.inner_loops

    @property
    def user_value(self) -> float | None:
        """Return how many of them user mode executes; the kernel executes the rest."""
        if (
            self.user is None
            or self.user.per_iteration / self.case.benchmark.inner_loops > self.value
        ):
            return None
        return self.user.per_iteration / self.case.benchmark.inner_loops

    def with_user_mode(self, user: UserMode) -> "Counted":
        """Return the case with what its user mode was found to be."""
        return replace(self, user=user)


@dataclass(frozen=True)
class Count:
    """One boot of one kernel: the guest, and how each case ended."""

    kernel: Kernel
    emulator: Emulator
    machine: Machine
    cpu_flags: str
    command_line: str
    cases: tuple[Counted, ...]
    began: datetime
    seconds: float

    def card(self) -> dict[str, object]:
        """Return the guest as a result file describes it."""
        return {
            **self.machine.card(),
            "emulator": f"QEMU {self.emulator.version}, -icount shift=0 -cpu {self.emulator.cpu}",
            "cpu_flags": self.cpu_flags,
            "cmdline": self.command_line,
            "kernel_version": self.kernel.version,
            "kernel_sha256": self.kernel.sha256,
        }
