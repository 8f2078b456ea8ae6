"""Output of all verbs: results on standard output, messages on standard error, and files."""

import contextlib
import json
import math
from collections.abc import Callable, Iterator, Sequence
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

from pkbench.analysis.tables.columns import aligned
from pkbench.resultfile import OutputError

LOCAL_RESULTS = Path("results/local")


def new_local_result(stem: str) -> Path:
    """Return a path for a new result, named after `stem` and the time, in results/local."""
    return LOCAL_RESULTS / f"{stem}-{datetime.now().astimezone():%Y-%m-%d-%H%M%S}.json"


@contextlib.contextmanager
def progress_bar() -> Iterator[Callable[[str, float], None]]:
    """Show a progress bar on standard error; yield a function of text and share done (0 to 1)."""
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
    """Write a file, or over it; raise OutputError where that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def write_new_file(path: Path, text: str) -> None:
    """Write a new file; raise OutputError where there is one, or where writing fails."""
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise OutputError(f"{path} exists already; give another name") from None
    except OSError as error:
        raise OutputError(f"can't write {path}: {error.strerror}") from None


def print_columns(rows: Sequence[Sequence[str]], text_columns: int | None = None) -> None:
    """Print rows on standard output, in aligned columns as `aligned` makes them."""
    for line in aligned(rows, text_columns):
        click.echo(line)


def print_json(value: Any) -> None:
    """Print a JSON document on standard output."""
    click.echo(json.dumps(finite(value), indent=2, allow_nan=False))


def finite(value: Any) -> Any:
    """Return the document with null for NaN and infinities, which JSON lacks."""
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if isinstance(value, dict):
        return {key: finite(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [finite(each) for each in value]
    return value


def note(text: str) -> None:
    """Print a message on standard error."""
    click.echo(text, err=True)
