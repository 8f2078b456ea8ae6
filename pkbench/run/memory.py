"""Check whether a case fits into the available memory."""

from pathlib import Path

from pkbench.cases.catalogue import Case

# The share of the available memory that a case may populate.
MEMORY_SHARE = 0.9


def available_memory(meminfo: Path = Path("/proc/meminfo")) -> int | None:
    """Return how many bytes are available without swapping, or None where the kernel won't tell."""
    try:
        lines = meminfo.read_text().splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return None


def too_large(case: Case, available: int | None) -> str:
    """Return why a case doesn't fit into `available` bytes, or ""."""
    if available is None or case.memory <= available * MEMORY_SHARE:
        return ""
    needed, had = case.memory / 2**30, available / 2**30
    return f"it populates {needed:.1f} GiB, but only {had:.1f} GiB are available"
