"""Instructions per operation of each case, counted in one boot of one kernel."""

from dataclasses import dataclass, replace
from datetime import datetime

from pkbench.cases.catalogue import Case
from pkbench.count.emulator import Emulator
from pkbench.kernels.available import Kernel
from pkbench.machine import Machine

# A timed run executes at most this many instructions around its loop.
AROUND_LOOP = 500
# By more than this share of a count, repeats of which no two agree don't count the same thing.
DISAGREEING_SHARE = 0.005


@dataclass(frozen=True)
class Instructions:
    """The instructions of `loops` iterations, and of twice as many.

    Each total is the shortest of several runs. The difference of the totals is that of the
    iterations only. A case whose iterations can't follow each other has one total, which includes
    the few instructions around the iteration.
    """

    loops: int
    totals: tuple[int, ...]
    repeats: int
    occurrences: tuple[int, ...]  # how many runs took each total
    ranges: tuple[tuple[int, int], ...]  # of the totals that several runs took; else, of all

    @property
    def per_iteration(self) -> float:
        """Return the instructions of one iteration, including those of the loop itself."""
        return (self.totals[-1] - sum(self.totals[:-1])) / self.loops

    @property
    def range_per_iteration(self) -> tuple[float, float]:
        """Return the least and the most instructions of one iteration, as far as repeats differ.

        Both are the count itself where all repeats agree.
        """
        (first_low, first_high), *second = self.ranges
        if not second:
            return first_low / self.loops, first_high / self.loops
        low, high = second[0]
        return (low - first_high) / self.loops, (high - first_low) / self.loops

    @property
    def error(self) -> str:
        """Return why the runs give no valid count, or ""."""
        disagreeing = [
            (total, longest)
            for total, occurrences, (_, longest) in zip(
                self.totals, self.occurrences, self.ranges, strict=True
            )
            if occurrences == 1 and longest > total + max(AROUND_LOOP, total * DISAGREEING_SHARE)
        ]
        if not disagreeing:
            return ""
        least, most = disagreeing[0]
        return (
            f"the {self.repeats} repeats took {least:,} to {most:,} instructions, "
            "and no two took equally many"
        )

    @property
    def warning(self) -> str:
        """Return why the count may be a little too high, or ""."""
        if min(self.occurrences) == 1:
            return (
                f"no two of {self.repeats} repeats took equally many instructions: "
                "the count may include other work of the kernel"
            )
        around = 2 * self.totals[0] - self.totals[-1]
        if len(self.totals) == 2 and abs(around) > AROUND_LOOP + self.totals[-1] // 20:
            return "twice the iterations did not take twice the instructions"
        return ""


@dataclass(frozen=True)
class UserMode:
    """The instructions of the same iterations that user mode executes, counted by single steps.

    With one total only, `Instructions` includes those around the iteration; these totals don't.
    """

    loops: int
    totals: tuple[int, ...]
    around: int

    @property
    def per_iteration(self) -> float:
        """Return the instructions of one iteration, including those of the loop itself."""
        around = self.around if len(self.totals) == 1 else 0
        return (self.totals[-1] - sum(self.totals[:-1]) + around) / self.loops


@dataclass(frozen=True)
class Counted:
    """A counted case: its state, the reason for it, and the counts."""

    case: Case
    state: str  # "measured", "skipped" or "failed"
    reason: str = ""
    instructions: Instructions | None = None
    user: UserMode | None = None  # None if not known

    @property
    def value(self) -> float:
        """Return the instructions of one operation, its fixed overhead included.

        Raise ValueError where the case was not counted.
        """
        if self.instructions is None:
            raise ValueError(f"{self.case.name} was not counted: {self.reason}")
        return self.instructions.per_iteration / self.case.benchmark.inner_loops

    @property
    def value_range(self) -> tuple[float, float] | None:
        """Return the range of `value` where repeats differ; None where all that recur agree."""
        if self.instructions is None:
            return None
        low, high = self.instructions.range_per_iteration
        if low == high:
            return None
        inner_loops = self.case.benchmark.inner_loops
        return low / inner_loops, high / inner_loops

    @property
    def user_value(self) -> float | None:
        """Return how many of these user mode executes, or None if not known."""
        if (
            self.user is None
            or self.user.per_iteration / self.case.benchmark.inner_loops > self.value
        ):
            return None
        return self.user.per_iteration / self.case.benchmark.inner_loops

    def with_user_mode(self, user: UserMode) -> "Counted":
        """Return the case with its count of user mode."""
        return replace(self, user=user)


@dataclass(frozen=True)
class Count:
    """One boot of one kernel: the guest, and the result of each case."""

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
