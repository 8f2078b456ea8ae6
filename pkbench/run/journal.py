"""Nothing measured is ever lost: one durable line for each finished worker process."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

SCHEMA = 1


class JournalError(Exception):
    """The journal can't be used; the message says why."""


class ResumeError(Exception):
    """An unfinished run is in the way, or can't be continued; the message says what differs."""


class Interrupted(Exception):
    """Somebody interrupted; how much is in the journal, and how to go on."""

    def __init__(self, kept: str, output: Path) -> None:
        super().__init__(f"interrupted; {kept} kept: repeat the command with --resume -o {output}")


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


def begin(
    path: Path, fresh: dict[str, Any], must_agree: Iterable[str], resume: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a journal's first line, which is `fresh` where there is none, and the rest.

    ResumeError where it isn't to be resumed, or was begun otherwise in what must agree.
    """
    if not path.exists():
        if resume:
            raise ResumeError(f"there is no unfinished run to resume: {path} does not exist")
        return fresh, []
    if not resume:
        raise ResumeError(
            f"{path} holds an unfinished run; continue it with --resume, or remove that file"
        )
    start, *entries = read_journal(path) or [fresh]  # empty: ended before its first line was whole
    if start.get("kind") != fresh["kind"]:
        raise JournalError(f"{path} is not a journal of pkbench")
    differences = [
        _difference(key, start.get(key), fresh[key])
        for key in must_agree
        if start.get(key) != fresh[key]
    ]
    if differences:
        raise ResumeError(f"can't resume {path}: it was begun otherwise: {', '.join(differences)}")
    return start, entries


def _difference(key: str, before: Any, now: Any) -> str:
    """Return what differs, and how, as a sentence has it."""
    told = f"{before} then, {now} now"
    if isinstance(before, dict):
        changed = [field for field in now if before.get(field) != now[field]]
        told = ", ".join(f"{field} {before.get(field)} then, {now[field]} now" for field in changed)
    elif isinstance(before, list):
        names = set(before) ^ set(now)
        told = f"{min(names)}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
    return f"{key.replace('_', ' ')} ({told})"
