"""A case open in native code: open it, verify it, measure it, close it."""

import os
import time
from types import TracebackType
from typing import Any, Self

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import Case, text_of
from pkbench.worker.core_clock import CoreClock, calibrate_clock

# Exit codes of the plain pyperf script; the reason is its last line.
EXIT_SKIPPED = 3
EXIT_FAILED = 4


class CaseSkipped(Exception):
    """This machine can't run the case; the message says why."""


class CaseFailed(Exception):
    """The case does not do what its name says, or a system call failed; the message says which."""


class Session:
    """An open case. Native return codes become exceptions here, at once."""

    def __init__(self, case: Case) -> None:
        """Open a case; raise CaseSkipped or CaseFailed where that isn't possible."""
        opened = ffi.new("struct pk_case **")
        self.case = case
        _check(lib.pk_case_open(case.benchmark.native, case.native_point(), opened))
        self._opened = opened[0]
        self.timed_seconds = 0.0  # in timed loops and core-clock calibrations
        self.preparing_seconds = 0.0  # to restore the state between timed loops
        self._value = ffi.new("struct pk_value *")
        self._pieces = ffi.new("struct pk_pieces *")

    def verify(self) -> None:
        """Verify that the operation does what its name says; raise CaseFailed if it does not."""
        _check(lib.pk_case_verify(self._opened))

    def measure(self, loops: int, piece_loops: int = 0, longest_nop: float = 0.0) -> Any:
        """Time that many iterations and return the `struct pk_value`, valid until the next call.

        With `piece_loops` and `longest_nop`, time them in pieces of so many iterations. Only pieces
        whose no-ops took at most `longest_nop` seconds count.
        """
        self._pieces.loops, self._pieces.longest_nop = piece_loops, longest_nop
        pieces = self._pieces if piece_loops and longest_nop else ffi.NULL
        began = time.monotonic()
        _check(lib.pk_case_measure(self._opened, loops, pieces, self._value))
        seconds = float(self._value.all_seconds)
        self.timed_seconds += seconds
        self.preparing_seconds += max(0.0, time.monotonic() - began - seconds)
        return self._value

    @property
    def batch(self) -> int:
        """Return how many iterations run between two preparations; 0: all of them."""
        return int(lib.pk_case_batch(self._opened))

    def calibrate_clock(self, branches: bool) -> CoreClock:
        """Calibrate the core clock, and count the time for it as this case's."""
        began = time.monotonic()
        found = calibrate_clock(branches)
        self.timed_seconds += time.monotonic() - began
        return found

    def close(self) -> None:
        """Release everything."""
        lib.pk_case_close(self._opened)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()


def _check(status: int) -> None:
    if status == lib.PK_SKIPPED:
        raise CaseSkipped(text_of(lib.pk_reason()))
    if status:
        raise CaseFailed(text_of(lib.pk_reason()))


def clock_precision() -> tuple[float, float]:
    """Return the clock's smallest step, and how long reading it takes, both in seconds."""
    found = ffi.new("struct pk_clock_precision *")
    lib.pk_clock_measure(found)
    return float(found.step_seconds), float(found.read_seconds)


def count_own_events() -> None:
    """Let the perf events that this thread opens itself count in timed loops only."""
    lib.pk_counters_follow(1)


def end_with_parent() -> None:
    """Let the kernel kill this process when the one that started it ends, for any reason."""
    lib.pk_end_with_parent(os.getppid())
