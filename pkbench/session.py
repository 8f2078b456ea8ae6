"""A case under way in native code: open, verify, measure, close."""

from types import TracebackType
from typing import Any, Self

from pkbench._native import ffi, lib
from pkbench.catalogue import Case, text_of

# What a worker process exits with after these; the reason is the last line of its standard error.
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
        self._value = ffi.new("struct pk_value *")

    def verify(self) -> None:
        """Prove on this machine that the operation does what its name says."""
        _check(lib.pk_case_verify(self._opened))

    def measure(self, loops: int) -> Any:
        """Time that many iterations and return the `struct pk_value`, valid until the next call."""
        _check(lib.pk_case_measure(self._opened, loops, self._value))
        return self._value

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
