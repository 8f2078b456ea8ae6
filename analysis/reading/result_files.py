"""Several result files, read side by side."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from .. import formatting
from .bounded_json import ResultError, clean
from .result import Result, read
from .worker_pool import workers

LONGEST_NAME = 60  # of a machine in headings and legends


def read_all(paths: Sequence[Path]) -> Generator[Result | ResultError]:
    """Give each file's result, in their order, or what is wrong with it."""
    with workers(len(paths)) as pool:
        yield from map(_read, paths) if pool is None else pool.map(_read, paths)


def read_named(
    paths: Sequence[Path], names: Sequence[str], skip: Callable[[str], None] | None
) -> tuple[list[Result], list[str]]:
    """Return the results under these names, as far as they go, and a sentence a file left out.

    A file that can't be used raises its `ResultError`; with `skip` it is left out, and `skip` is
    told why.
    """
    if not paths:
        raise ResultError("There is no result file to report on.")
    if len(names) > len(paths):
        files = formatting.count(len(paths), "result file")
        raise ResultError(f"There are {len(names)} names for {files}.")
    results, left_out = [], []
    with closing(read_all(paths)) as found:
        for place, result in enumerate(found):
            if isinstance(result, Result):
                results.append(_called(result, names[place] if place < len(names) else result.name))
                continue
            if skip is None:
                raise result
            skip(str(result))
            left_out.append(str(result))
    if not results:
        raise ResultError(f"No result file is left to report on. {' '.join(left_out)}")
    return results, left_out


def _called(result: Result, name: str) -> Result:
    """Return the result of a machine under another name."""
    return replace(result, machine={**result.machine, "name": clean(name, LONGEST_NAME)})


def _read(path: Path) -> Result | ResultError:
    try:
        return read(path)
    except ResultError as error:
        return error
