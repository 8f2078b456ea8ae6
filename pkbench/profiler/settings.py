"""Read the kernel's settings that matter to a profile, and restore those that it changes."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pkbench.perf_event import SOFTWARE, count_briefly

CPU_CLOCK = 0  # PERF_COUNT_SW_CPU_CLOCK

SAMPLE_RATE = Path("/proc/sys/kernel/perf_event_max_sample_rate")
KALLSYMS = Path("/proc/kallsyms")
LEAST_RATE = 500  # samples per second; a profile with fewer says too little


def number(path: Path) -> int | None:
    """Return the number in a file under /proc, or None."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def hidden_symbols(kallsyms: Path = KALLSYMS) -> str:
    """Return why the names of the kernel's functions are hidden, or ""."""
    try:
        with kallsyms.open() as file:
            first = [file.readline() for _ in range(10)]
    except OSError as error:
        return f"{kallsyms}: {error.strerror}"
    if any(int(line.split()[0], 16) for line in first if line.strip()):
        return ""
    return (
        "the kernel hides the names of its functions: run pkbench as root, or after "
        "`sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1`"
    )


def sees_kernel() -> bool:
    """Return whether this process may count in the kernel.

    Documentation/admin-guide/perf-security.rst says what forbids it.
    """
    try:
        count_briefly(SOFTWARE, CPU_CLOCK, user_only=False)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def kept(sample_rate: Path = SAMPLE_RATE) -> Iterator[None]:
    """Restore the sample rate at the end: the kernel lowers it where sampling takes long."""
    before = number(sample_rate)
    try:
        yield
    finally:
        if before is not None and number(sample_rate) != before:
            with contextlib.suppress(OSError):
                sample_rate.write_text(str(before))
