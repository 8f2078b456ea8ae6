"""Keep what was measured: one durable line of JSON for each finished task."""

import json
import os
from collections.abc import Iterable
from pathlib import Path
from types import TracebackType
from typing import Any, Self

# 1: the first.
# 2: times are called by their units, as in `setup_seconds`.
SCHEMA = 2


class JournalError(Exception):
    """The journal can't be read or written; the message says why."""


class ResumeError(Exception):
    """There is no unfinished run to resume, or it can't be resumed; the message says why."""


class Interrupted(Exception):
    """The user interrupted; the message says how much was kept and how to resume."""

    def __init__(self, kept: str, output: Path) -> None:
        self.kept = kept
        super().__init__(f"interrupted; kept {kept}: repeat the command with --resume -o {output}")


class Journal:
    """A file of JSON lines next to the result that they will become."""

    def __init__(self, path: Path) -> None:
        self.path = path
        try:
            # Unbuffered: closing the file must not try again to write what could not be written.
            self._file = path.open("ab", buffering=0)
        except OSError as error:
            raise JournalError(f"can't write {path}: {error.strerror}") from None

    def append(self, entry: dict[str, Any]) -> None:
        """Write one line and return once it is on the disk; raise JournalError if it can't be."""
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
    """Return the path of a result's journal while the result is being measured."""
    return output.with_name(output.name + ".journal")


def read_journal(path: Path) -> list[dict[str, Any]]:
    """Return the entries. Remove a last line that a kill left unfinished from the file.

    Raise JournalError where it can't be read or holds something else.
    """
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


def check_journal(path: Path) -> None:
    """Raise ResumeError where a journal holds an unfinished run."""
    if path.exists():
        raise ResumeError(
            f"{path} holds an unfinished run: continue it with --resume, or remove that file"
        )


def begin(
    path: Path, fresh: dict[str, Any], must_agree: Iterable[str], resume: bool
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Return a journal's first line and its other entries.

    Without a journal, the first line is `fresh`. Raise ResumeError where there is a journal but
    `resume` is false, or none to resume, or where a key of `must_agree` differs from `fresh`.
    """
    fresh = {**fresh, "schema": SCHEMA}
    if not path.exists():
        if resume:
            raise ResumeError(f"there is no unfinished run to resume: {path} does not exist")
        return fresh, []
    if not resume:
        check_journal(path)
    start, *entries = read_journal(path) or [fresh]  # empty: killed while the first was written
    if start.get("kind") != fresh["kind"]:
        raise JournalError(f"{path} is not a journal of pkbench")
    if start.get("schema") != SCHEMA:
        raise ResumeError(
            f"can't resume {path}: another version of pkbench began it; remove that file, "
            "or continue it with that version"
        )
    differences = [
        _difference(key, start.get(key), fresh[key])
        for key in must_agree
        if start.get(key) != fresh[key]
    ]
    if differences:
        raise ResumeError(f"can't resume {path}: this run differs in {', '.join(differences)}")
    return start, entries


def _difference(key: str, before: Any, now: Any) -> str:
    """Return what differs, and how, as in `kernel (6.1 then, 6.12 now)`."""
    text = f"{before} then, {now} now"
    if isinstance(before, dict):
        changed = [field for field in now if before.get(field) != now[field]]
        text = ", ".join(f"{field} {before.get(field)} then, {now[field]} now" for field in changed)
    elif isinstance(before, list):
        names = set(before) ^ set(now)
        text = f"{min(names)}{f' and {len(names) - 1} more' if len(names) > 1 else ''}"
    return f"{key.replace('_', ' ')} ({text})"
