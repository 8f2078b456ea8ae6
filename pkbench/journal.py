"""Nothing measured is ever lost: one durable line for each finished worker process."""

import json
import os
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SCHEMA = 1


class JournalError(Exception):
    """The journal can't be used; the message says why."""


class Journal:
    """Lines of JSON beside the result that they will become."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Unbuffered: what can't be written must not be tried once more when the file is closed.
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise JournalError(f"can't write {path}: {error.strerror}") from None

    def append(self, entry: dict[str, Any]) -> None:
        """Write one line, and return when it is on the disk."""
        try:
            line = json.dumps(entry).encode() + b"\n"
            while line:
                line = line[self._file.write(line) :]
            os.fsync(self._file.fileno())
        except OSError as error:
            raise JournalError(f"can't write {self.path}: {error.strerror}") from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._file.close()


def journal_path(output: Path) -> Path:
    """Return where a result's journal lies while the result is being measured."""
    return output.with_name(output.name + ".journal")


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the entries, and cut off a last line that a kill left unfinished."""
    try:
        data = path.read_bytes()
        whole, newline, _ = data.rpartition(b"\n")
        if len(whole) + len(newline) < len(data):
            os.truncate(path, len(whole) + len(newline))
        return [json.loads(line) for line in whole.splitlines()]
    except OSError as error:
        raise JournalError(f"can't read {path}: {error.strerror}") from None
    except ValueError:
        raise JournalError(f"{path} is not a journal of pkbench") from None
