"""What becomes of a process."""

import time
from pathlib import Path


def gone(process: int) -> bool:
    """Wait a moment for a process to be gone, or to be nobody's any more."""
    for _ in range(100):
        try:
            state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
        except (FileNotFoundError, ProcessLookupError):
            return True
        if state == "Z":
            return True
        time.sleep(0.02)
    return False
