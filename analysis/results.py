"""Several result files, read side by side."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from pathlib import Path

from .document import ResultError
from .result import Result, read
from .workers import workers


def read_all(paths: Sequence[Path]) -> Generator[Result | ResultError]:
    """Give each file's result, in their order, or what is wrong with it."""
    with workers(len(paths)) as pool:
        yield from map(_read, paths) if pool is None else pool.map(_read, paths)


def _read(path: Path) -> Result | ResultError:
    try:
        return read(path)
    except ResultError as error:
        return error
