"""Commands, run to their end as whoever types them runs them."""

import subprocess
import sys
from pathlib import Path


class CommandError(Exception):
    """A command ended badly; the message is the last line that it said."""


def run(
    *command: str | Path, environment: dict[str, str] | None = None, folder: Path | None = None
) -> str:
    """Run a command and return what it answered."""
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, env=environment, cwd=folder
        )
    except OSError as error:
        raise CommandError(f"{command[0]}: {error.strerror}") from None
    if done.returncode:
        last = done.stderr.strip().rpartition("\n")[2]
        raise CommandError(f"{command[0]} ended with {done.returncode}: {last}")
    return done.stdout


def measure(output: Path, *arguments: str) -> Path:
    """Have pkbench measure what the arguments ask for; return its result."""
    run(sys.executable, "-P", "-m", "pkbench.cli", "run", "-o", output, *arguments)
    return output
