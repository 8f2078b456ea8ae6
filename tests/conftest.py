"""Options of the tests, and the turns that they take among themselves only."""

import os
import tempfile
from pathlib import Path

import pytest

pytest.register_assert_rewrite("command_line", "pages")

_turns = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let who works on one benchmark try its cases only."""
    parser.addoption(
        "--cases",
        action="append",
        default=[],
        metavar="PATTERN",
        help="of the native code's tests, try only these cases, as `pkbench list` takes them",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Give the tests, and all that they start, a folder of their own to take turns by.

    A test must not wait for a `pkbench run` on the same machine. Set before pkbench is imported.
    """
    config.stash[_turns] = tempfile.TemporaryDirectory(prefix="pkbench-turns-")
    folder = Path(config.stash[_turns].name)
    for cpu in os.sched_getaffinity(0):
        (folder / f"cpu{cpu}").mkdir()
        (folder / f"cpu{cpu}" / "uevent").touch()
    os.environ["PKBENCH_TURNS"] = str(folder)


def pytest_unconfigure(config: pytest.Config) -> None:
    """Remove that folder."""
    config.stash[_turns].cleanup()
