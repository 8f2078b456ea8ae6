"""What verbs say: answers on standard output, the rest on standard error, files where asked."""

import contextlib
import json
import math
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    TaskProgressColumn,
    TextColumn,
    TimeRemainingColumn,
)

from pkbench.resultfile import OutputError

LOCAL_RESULTS = Path("results/local")


def new_local_result(stem: str) -> Path:
    """Return a file of its own for each run, in the folder that git ignores."""
    return LOCAL_RESULTS / f"{stem}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a bar with the time left on standard error."""
    bar = Progress(
        BarColumn(20),
        TaskProgressColumn(),
        TimeRemainingColumn(),
        TextColumn("{task.description}"),
        console=Console(stderr=True),
        transient=True,
    )
    with bar:
        task = bar.add_task("", total=1.0)
        yield lambda text, done: bar.update(task, description=text, completed=done)


def write_file(path: Path, content: bytes) -> None:
    """Write a file that was asked for."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def write_new_file(path: Path, text: str) -> None:
    """Write a file that was asked for where there is none yet."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path} exists already; give another name") from None
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def print_json(value: Any) -> None:
    """Print a document on standard output."""
    click.echo(json.dumps(finite(value), indent=2, allow_nan=False))


def finite(value: Any) -> Any:
    """Return a document in which a number that JSON doesn't have is null."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return value


def note(text: str) -> None:
    """Tell the user something that isn't the answer."""
    click.echo(text, err=True)
