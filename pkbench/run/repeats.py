"""Several runs of the same cases, a file each: what a comparison by runs needs."""

import time
from collections.abc import Callable
from pathlib import Path

from pkbench.resultfile import OutputError, check_output
from pkbench.run.journal import ResumeError, check_journal, journal_path

PAUSE = 30.0  # seconds between two runs: what disturbed the first is likely to be over
LOOK = 0.2  # seconds between two reports of progress


def outputs(output: Path, repeat: int) -> list[Path]:
    """Return a path for each run: `output` itself, or numbered from 1 before its suffix."""
    if repeat == 1:
        return [output]
    suffix = next((each for each in (".json.gz", ".json") if output.name.endswith(each)), "")
    stem = output.name.removesuffix(suffix)
    return [output.with_name(f"{stem}-{number}{suffix}") for number in range(1, repeat + 1)]


def check_new(paths: list[Path]) -> None:
    """Raise OutputError or ResumeError where a run of a set can't begin: before the first does."""
    for path in paths:
        check_output(path)
        check_journal(journal_path(path))


def unfinished(paths: list[Path]) -> list[Path]:
    """Return the paths of the runs to resume, or still to begin.

    Raises ResumeError where none of them has begun, and OutputError where all are complete.
    """
    begun = [path for path in paths if path.exists() or journal_path(path).exists()]
    if not begun:
        missing = journal_path(paths[0])
        raise ResumeError(f"there is no unfinished run to resume: {missing} does not exist")
    left = [path for path in paths if not path.exists() or journal_path(path).exists()]
    if not left:
        verb = "exists" if len(paths) == 1 else "exist"
        files = " and ".join(map(str, dict.fromkeys((paths[0], paths[-1]))))
        raise OutputError(f"nothing is left to resume: {files} {verb} already")
    return left


def pause(seconds: float, progress: Callable[[float], None]) -> None:
    """Sleep between two runs; report the share that is done."""
    began = time.monotonic()
    while (passed := time.monotonic() - began) < seconds:
        progress(passed / seconds)
        time.sleep(min(LOOK, seconds - passed))
