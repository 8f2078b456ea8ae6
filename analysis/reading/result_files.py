"""Read several result files in parallel."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from .. import formatting
from .bounded_json import ResultError, clean
from .result import Result, read
from .worker_pool import workers

LONGEST_NAME = 60  # characters of a machine's name in headings and legends


def read_all(paths: Sequence[Path]) -> Generator[Result | ResultError]:
    """Yield for each file, in order, its result or the ResultError that reading it raised."""
    with workers(len(paths)) as pool:
        yield from map(_read, paths) if pool is None else pool.map(_read, paths)


def read_named(
    paths: Sequence[Path], names: Sequence[str], skip: Callable[[str], None] | None
) -> tuple[list[Result], list[str]]:
    """Return the results of some files, and a sentence for each file left out.

    The first machines get `names`; the others keep their own. A file that can't be used raises its
    ResultError. With `skip` it is left out instead, and `skip` is called with the reason. Raises
    ResultError where there is no file, no usable file, or a name too many.
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
    """Return a result whose machine has another name."""
    return replace(result, machine={**result.machine, "name": clean(name, LONGEST_NAME)})


def _read(path: Path) -> Result | ResultError:
    try:
        return read(path)
    except ResultError as error:
        return error
