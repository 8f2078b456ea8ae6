"""The kernel's settings that matter to a profile, and that it leaves as they were."""

import contextlib
from collections.abc import Iterator
from pathlib import Path

from pkbench.perf_event import SOFTWARE, count_briefly

CPU_CLOCK = 0  # PERF_COUNT_SW_CPU_CLOCK

SAMPLE_RATE = Path("/proc/sys/kernel/perf_event_max_sample_rate")
KALLSYMS = Path("/proc/kallsyms")
LEAST_RATE = 500  # samples a second below which a profile says too little


def number(path: Path) -> int | None:
    """Return the number in a file under /proc, or None."""
    try:
        return int(path.read_text())
    except (OSError, ValueError):
        return None


def hidden_symbols(kallsyms: Path = KALLSYMS) -> str:
    """Return why the kernel's functions have no names here, or ""."""
    try:
        with kallsyms.open() as file:
            first = [file.readline() for _ in range(10)]
    except OSError as error:
        return f"{kallsyms}: {error.strerror}"
    if any(int(line.split()[0], 16) for line in first if line.strip()):
        return ""
    return (
        "the kernel hides its functions' names: as root, or after "
        "`sysctl kernel.kptr_restrict=0 kernel.perf_event_paranoid=1`, they show"
    )


def sees_kernel() -> bool:
    """Try to count in the kernel, as Documentation/admin-guide/perf-security.rst allows or not."""
    try:
        count_briefly(SOFTWARE, CPU_CLOCK, user_only=False)
    except OSError:
        return False
    return True


@contextlib.contextmanager
def kept(sample_rate: Path = SAMPLE_RATE) -> Iterator[None]:
    """Put the sample rate back, which the kernel lowers by itself where sampling takes long."""
    before = number(sample_rate)
    try:
        yield
    finally:
        if before is not None and number(sample_rate) != before:
            with contextlib.suppress(OSError):
                sample_rate.write_text(str(before))
