"""Several runs of the same cases, a file each: what a comparison by runs needs."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path

from pkbench.run.journal import journal_path

PAUSE = 30.0  # seconds between two runs: what disturbed the first is likely to be over
LOOK = 0.2  # seconds between two reports of progress


def outputs(output: Path, repeat: int) -> list[Path]:
    """Return a path for each run: `output` itself, or numbered from 1 before all its suffixes."""
    if repeat == 1:
        return [output]
    stem = output.name.removesuffix("".join(output.suffixes[-2:]))
    rest = output.name[len(stem) :]
    return [output.with_name(f"{stem}-{number}{rest}") for number in range(1, repeat + 1)]


def unfinished(paths: list[Path]) -> Iterator[Path]:
    """Give the paths of the runs that are not complete: those without a result, or in a journal."""
    return (path for path in paths if not path.exists() or journal_path(path).exists())


def pause(seconds: float, progress: Callable[[float], None]) -> None:
    """Sleep between two runs; report the share that is done."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        progress(passed / seconds)
        time.sleep(min(LOOK, seconds - passed))
