"""What a unit test may do: neither start a process, nor sleep, nor compute for long."""

import os
import platform
import sys
import time
from collections.abc import Generator
from typing import Any

import pytest

from pkbench.analysis.reading import worker_pool
from pkbench.version import version

# What Python reports before it starts a process, or sleeps, in the words of its audit events.
FORBIDDEN = {
    "subprocess.Popen": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.system": "starts a process",
    "time.sleep": "sleeps",  # only from Python 3.13 on
}
# Of CPU time. CI's machines are shared: another program on the same core makes it several times as
# much, and a test is as slow or fast as on the developer's machine that saw it last.
MOST_SECONDS = 20.0 if os.environ.get("CI") else 2.0


class _Guard:
    """Whether a unit test is running."""

    active = False


def _guard(event: str, _arguments: tuple[Any, ...]) -> None:
    if _Guard.active and event in FORBIDDEN:
        # Unlike an exception of the program's, no `except` in what is tested catches this one.
        pytest.fail(f"a unit test {FORBIDDEN[event]}: move it out of tests/unit")


sys.addaudithook(_guard)
# Python starts `uname -p` for this, once a process; pyperf's metadata hold it.
platform.processor()
version()  # likewise, git


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark every test in this folder."""
    item.add_marker(pytest.mark.unit)


@pytest.fixture(scope="session", autouse=True)
def _one_process() -> Generator[None, None, None]:
    """Let a report draw its figures in this process, not in workers."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker_pool, "MOST", 1)
        yield


@pytest.fixture
def no_figures(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a report draw no figures, which would take longer than a unit test may."""
    monkeypatch.setattr("pkbench.analysis.figures.FIGURES", ())


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None, None, None]:
    """Guard what a test's fixtures do."""
    yield from _guarding()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, None, None]:
    """Guard what a test does, and fail one that takes long."""
    began = time.process_time()
    yield from _guarding()
    seconds = time.process_time() - began
    if seconds > MOST_SECONDS:
        pytest.fail(
            f"took {seconds:.1f} s of CPU time, where a unit test may take {MOST_SECONDS:.0f} s: "
            "make it faster or move it out of tests/unit"
        )


def _guarding() -> Generator[None, None, None]:
    _Guard.active = True
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(time, "sleep", lambda seconds: _guard("time.sleep", (seconds,)))
            yield
    finally:
        _Guard.active = False
