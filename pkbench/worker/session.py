"""A case under way in native code: open, verify, measure, close."""

import os
import time
from types import TracebackType
from typing import Any, Self

from pkbench._native import ffi, lib
from pkbench.cases.catalogue import Case, text_of
from pkbench.worker.core_clock import Chain, chain

# What the plain pyperf script exits with after these; the reason is the last line it says.
EXIT_SKIPPED = 3
EXIT_FAILED = 4


class CaseSkipped(Exception):
    """This machine can't run the case; the message says why."""


class CaseFailed(Exception):
    """The case is not what its name says, or a system call failed; the message says which."""


class Session:
    """An open case. Native return codes become exceptions here, at once."""

    def __init__(self, case: Case) -> None:
        opened = ffi.new("struct pk_case **")
        self.case = case
        _check(lib.pk_case_open(case.benchmark.native, case.native_point(), opened))
        self._opened = opened[0]
        self.timed_seconds = 0.0  # in timed loops and their chains
        self.preparing_seconds = 0.0  # in putting the state back between timed loops
        self._value = ffi.new("struct pk_value *")
        self._pieces = ffi.new("struct pk_pieces *")

    def verify(self) -> None:
        """Prove on this machine that the operation does what its name says."""
        _check(lib.pk_case_verify(self._opened))

    def measure(self, loops: int, piece_loops: int = 0, longest_nop: float = 0.0) -> Any:
        """Time that many iterations and return the `struct pk_value`, valid until the next call.

        Where both are given: in pieces of so many, of which those count beside which no-ops took no
        longer than so many seconds.
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
        """Return how many iterations follow each other without a preparation; 0: all."""
        return int(lib.pk_case_batch(self._opened))

    def chain(self, branches: bool) -> Chain:
        """Return what `chain` does, its time counted as this case's."""
        began = time.monotonic()
        found = chain(branches)
        self.timed_seconds += time.monotonic() - began
        return found

    def close(self) -> None:
        """Give everything back."""
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
    """Return the clock's smallest step and what a reading of it takes, in seconds."""
    found = ffi.new("struct pk_clock_precision *")
    lib.pk_clock_measure(found)
    return float(found.step_seconds), float(found.read_seconds)


def count_own_events() -> None:
    """Have the perf events that this thread opens itself count in timed loops alone."""
    lib.pk_counters_follow(1)


def end_with_parent() -> None:
    """Have the kernel end this process when the one that started it ends, however that does."""
    lib.pk_end_with_parent(os.getppid())
