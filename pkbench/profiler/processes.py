"""Run other programs so that none of them can hang the tool or fill its memory."""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pkbench.run.child import kill_group, last_words

MOST_OUTPUT = 64 << 20  # bytes
STEP = 0.02  # seconds between two checks
# As a script that needs no installed package: it starts in half the time, and a profile starts
# many.
TRACEFS = (sys.executable, "-I", "-S", str(Path(__file__).with_name("tracefs.py")))


class ProgramError(Exception):
    """A program is missing, failed or hung; the message names it and says what to do."""


@dataclass(frozen=True)
class Ended:
    """How a program ended."""

    code: int
    output: str
    said: str  # the end of its standard error, on one line


def run(command: Sequence[str], timeout: float, name: str = "") -> Ended:
    """Run a program to its end; kill it and all that it started after `timeout` seconds.

    `name` is what messages call it. Raise ProgramError where it is missing or hangs.
    """
    name = name or command[0]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as said:
        try:
            process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=said,
                process_group=0,
            )
        except FileNotFoundError:
            raise ProgramError(f"{name} is not installed") from None
        except OSError as error:
            raise ProgramError(f"{name} can't be started: {error.strerror}") from None
        try:
            _await(process, (output.fileno(), said.fileno()), timeout, name)
        finally:
            kill_group(process)
            process.wait()
        return Ended(process.returncode, _text(output.fileno()), last_words(said.fileno()))


def checked(command: Sequence[str], timeout: float, name: str = "") -> str:
    """Run a program and return its output; raise ProgramError where it fails."""
    name = name or command[0]
    ended = run(command, timeout, name)
    if ended.code:
        how = f"exited with {ended.code}" if ended.code > 0 else f"was killed by {-ended.code}"
        raise ProgramError(f"{name} {how}: {ended.said or 'no message'}")
    return ended.output


def _await(
    process: "subprocess.Popen[bytes]", files: Sequence[int], timeout: float, name: str
) -> None:
    deadline = time.monotonic() + timeout
    while True:
        try:
            process.wait(STEP)
        except subprocess.TimeoutExpired:
            if time.monotonic() > deadline:
                raise ProgramError(
                    f"{name} took longer than {timeout:.0f} s and was ended"
                ) from None
        else:
            return
        finally:
            if any(os.fstat(file).st_size > MOST_OUTPUT for file in files):
                raise ProgramError(f"{name} wrote more than {MOST_OUTPUT >> 20} MiB and was ended")


def _text(file: int) -> str:
    os.lseek(file, 0, os.SEEK_SET)
    return os.pread(file, MOST_OUTPUT, 0).decode(errors="replace")
